/** What is wrong with an overlay, in words: faults forbid saving it, conflicts are shown and may be meant. */
import type { Overlay } from './overlay.ts';
import type { Profile } from './profile.ts';
import type { TestMapping } from './schema/common.ts';

/** What the check needs of a catalogue test. */
export interface CatalogTest {
  code: string;
  unit: string;
}

/** Contradictions within an overlay: with any of these it is not saved. Empty: it may be. */
export function overlayFaults(overlay: Overlay): string[] {
  const faults: string[] = [];
  for (const code of twice(overlay.tests.map((test) => test.code)))
    faults.push(`The code ${code} is mapped twice.`);
  for (const code of twice(overlay.notResults.map((one) => one.code)))
    faults.push(`The code ${code} is listed twice as no result.`);
  const mapped = new Set(overlay.tests.map((test) => test.code));
  for (const { code } of overlay.notResults)
    if (mapped.has(code)) faults.push(`The code ${code} is mapped and is said to be no result.`);
  for (const test of overlay.tests) {
    const others = test.otherUnits ?? [];
    if ([test.factor, ...others.map(({ factor }) => factor)].some((factor) => /^[0.]+$/.test(factor)))
      faults.push(`A factor of ${test.code} is zero.`);
    for (const unit of twice([...test.sentUnits, ...others.map(({ sent }) => sent)]))
      faults.push(`${test.code}: the unit ${quoted(unit)} stands twice.`);
    if (test.unit === null && (test.factor !== '1' || others.length > 0))
      faults.push(`${test.code}: a factor needs the unit it leads to.`);
  }
  for (const { unit, sent } of overlay.units)
    if (overlay.units.some((one) => one.sent === sent && one.unit !== unit))
      faults.push(`The spelling ${quoted(sent)} is given to two units.`);
  for (const prefix of overlay.qc.specimenPrefixes)
    if (mayBeginAccession(prefix))
      faults.push(`Specimen numbers of the laboratory may begin with ${quoted(prefix)}.`);
  return [...new Set(faults)];
}

/** Whether numbers this laboratory gives to specimens (five digits of the day, then the station) may begin so. */
export function mayBeginAccession(prefix: string): boolean {
  return /^(\d{1,5}$|\d{5}[0-9A-Z])/i.test(prefix.replaceAll('-', ''));
}

/**
 * What does not fit about one test as it works now. `lower` is the mapping of the same code in the layer below, when the overlay replaced one.
 */
export function testConflicts(
  mapping: TestMapping,
  lower: TestMapping | null,
  catalogTest: CatalogTest | undefined,
): string[] {
  const found: string[] = [];
  if (catalogTest === undefined) found.push(`The catalogue has no test ${mapping.test}.`);
  else if (mapping.unit !== null && catalogTest.unit !== '' && mapping.unit !== catalogTest.unit)
    found.push(`The unit is ${mapping.unit} here and ${catalogTest.unit} in the catalogue.`);
  if (lower === null) return found;
  if (lower.test !== mapping.test) found.push(`The profile maps this code to ${lower.test}.`);
  if (lower.unit !== null && mapping.unit !== lower.unit)
    found.push(`The profile gives ${lower.unit}, this ${mapping.unit ?? 'the unit as sent'}.`);
  if (lower.factor !== mapping.factor)
    found.push(`The profile's factor is ${lower.factor}, this one ${mapping.factor}.`);
  return found;
}

/** What does not fit over all rows of a profile as it works now. `lower` is the profile without the laboratory's overlay. */
export function profileConflicts(effective: Profile, lower: Profile, overlay: Overlay): string[] {
  const found: string[] = [];
  for (const test of new Set(effective.tests.map((one) => one.test))) {
    const all = effective.tests.filter((one) => one.test === test);
    const units = new Set(all.map((one) => one.unit ?? 'as sent'));
    if (units.size > 1)
      found.push(`${all.map((one) => one.code).join(', ')} are all ${test}, in ${[...units].join(' and ')}.`);
  }
  for (const { code } of overlay.notResults) {
    const test = lower.tests.find((one) => one.code === code);
    if (test !== undefined) found.push(`${code} is no result any more; the profile maps it to ${test.test}.`);
  }
  for (const [flag, meaning] of Object.entries(overlay.flags))
    if (lower.flags[flag]?.hold === true && !meaning.hold)
      found.push(`The flag ${flag} holds results in the profile and does not here.`);
  for (const [sent, meaning] of Object.entries(overlay.statuses)) {
    const before = lower.statuses[sent];
    if (before !== undefined && before !== meaning)
      found.push(`The status ${quoted(sent)} is ${before} in the profile and ${meaning} here.`);
  }
  return found;
}

function twice(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, i) => texts.indexOf(text) !== i))];
}

function quoted(text: string): string {
  return text === '' ? '"" (none)' : `"${text}"`;
}
