/** From a code of the hospital to an entry of the catalogue (M9). Pure. */
import type { CatalogDoc } from '../documents/catalog.ts';
import type { Hl7Segment } from '../protocols/hl7/segment.ts';

/** OBR-4 as sent: code, text, coding system, and the alternate ones. */
export interface SentCode {
  code: string;
  text: string;
  system: string;
  alternate: string;
  alternateText: string;
  alternateSystem: string;
}

export interface CodeRules {
  /** what a code without coding system is */
  codes: 'local' | 'loinc';
  /** the hospital's code to a code of the catalogue */
  tests: Readonly<Record<string, string>>;
}

type Entry = Pick<CatalogDoc, 'kind' | 'code' | 'name' | 'active' | 'loinc' | 'members' | 'specimenType'>;

/** The entry ordered and the tests it stands for, or why there is none. */
export type ResolvedCode = { ok: true; entry: Entry; tests: Entry[] } | { ok: false; why: string };

/** Reads OBR-4. */
export function sentCode(obr: Hl7Segment): SentCode {
  const part = (n: number) => obr.value(4, n).trim();
  return {
    code: part(1),
    text: part(2),
    system: part(3),
    alternate: part(4),
    alternateText: part(5),
    alternateSystem: part(6),
  };
}

/** The code as a person knows it. */
export function codeText(sent: SentCode): string {
  return sent.code || sent.alternate || sent.text;
}

/**
 * The test or panel in use that a code means: by the station's own list, by the catalogue's code, or by LOINC, in component 1 or 4 (M9). Two
 * components that mean different entries, or a LOINC code of several tests, are not decided here.
 */
export function resolveCode(sent: SentCode, rules: CodeRules, catalogue: readonly Entry[]): ResolvedCode {
  const shown = codeText(sent);
  if (shown === '') return { ok: false, why: 'No test is named (OBR-4).' };
  const found = new Map<string, Entry>();
  for (const [code, system] of [
    [sent.code, sent.system],
    [sent.alternate, sent.alternateSystem],
  ] as const) {
    for (const entry of entriesOf(code, system, rules, catalogue))
      found.set(`${entry.kind}:${entry.code}`, entry);
  }
  const [entry, second] = [...found.values()];
  if (entry === undefined) return { ok: false, why: `The catalogue has no test or panel ${shown} in use.` };
  if (second !== undefined) {
    const names = [...found.values()].map((one) => one.code).join(', ');
    return { ok: false, why: `${shown} may mean several entries of the catalogue: ${names}.` };
  }
  const codes = entry.kind === 'panel' ? entry.members : [entry.code];
  const tests = codes.map((code) => catalogue.find((one) => one.kind === 'test' && one.code === code));
  if (tests.length === 0 || tests.includes(undefined))
    return { ok: false, why: `The panel ${entry.code} names a test that the catalogue does not have.` };
  return { ok: true, entry, tests: tests.filter((one) => one !== undefined) };
}

function entriesOf(code: string, system: string, rules: CodeRules, catalogue: readonly Entry[]): Entry[] {
  if (code === '') return [];
  const orderable = catalogue.filter((one) => one.active && one.kind !== 'specimenType');
  const byCode = (wanted: string) => {
    const same = orderable.filter((one) => one.code === wanted);
    // A panel and a test of one code: who orders by it gets the panel, as at the bench.
    return same.length > 1 ? same.filter((one) => one.kind === 'panel') : same;
  };
  const mapped = Object.hasOwn(rules.tests, code) ? rules.tests[code] : undefined;
  if (mapped !== undefined) return byCode(mapped);
  const loinc = () => orderable.filter((one) => one.loinc !== '' && one.loinc === code);
  if (/^(LN|LOINC|http:\/\/loinc\.org)$/i.test(system)) return loinc();
  if (rules.codes === 'loinc' && system === '') return loinc();
  return byCode(code);
}
