import { describe, expect, it } from 'vitest';
import analytes from './analytes.json' with { type: 'json' };
import { BUILTIN_PROFILES } from './builtin.ts';
import type { TestMapping } from './schema/common.ts';

/** Every mapping of every profile with the profile's id. */
const mappings = BUILTIN_PROFILES.flatMap((profile) =>
  profile.tests.map((test): TestMapping & { profile: string } => ({ ...test, profile: profile.id })),
);

/** LOINC codes end in a check digit, mod 10 (LOINC Users' Guide, appendix C). */
function checkDigitFits(loinc: string): boolean {
  const [number = '', check] = loinc.split('-');
  const sum = [...number].reverse().reduce((total, digit, at) => {
    const product = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return total + Math.floor(product / 10) + (product % 10);
  }, 0);
  return Number(check) === (10 - (sum % 10)) % 10;
}

const PREFIXES: Readonly<Record<string, number>> = {
  k: 3,
  d: -1,
  c: -2,
  m: -3,
  u: -6,
  n: -9,
  p: -12,
  f: -15,
};
const ATOMS = ['mol', 'g', 'L', 's', 'U', '[IU]', "[arb'U]"];

interface Scale {
  /** what is measured by what, sizes left out */
  base: string;
  /** power of ten */
  power: number;
}

/** One factor of a unit in UCUM: a prefix and an atom, a power of ten, a percentage, an annotation. Null: it is none. */
function factor(whole: string): Scale | null {
  const text = whole.replace(/(?<=[^{}])\{[^{}]+\}$/, '');
  if (/^\{[^{}]+\}$/.test(text) || text === '1') return { base: '', power: 0 };
  if (text === '%') return { base: '', power: -2 };
  if (text === '100') return { base: '', power: 2 };
  const ten = /^10\*(-?\d+)$/.exec(text);
  if (ten !== null) return { base: '', power: Number(ten[1]) };
  const atom = ATOMS.find(
    (one) => text === one || (text.endsWith(one) && text.slice(0, -one.length) in PREFIXES),
  );
  if (atom === undefined) return null;
  const unit = atom === 'U' || atom.startsWith('[') ? 'U' : atom;
  return { base: unit, power: PREFIXES[text.slice(0, -atom.length)] ?? 0 };
}

/** A unit in UCUM as these profiles use it: factors divided by `/`. Null: not such a unit. */
function ucum(text: string): Scale | null {
  const [first = '', ...below] = text.split('/');
  const above = first === '' && below.length > 0 ? { base: '', power: 0 } : factor(first);
  const parts = below.map(factor);
  if (above === null || parts.length > 1 || parts.some((one) => one === null)) return null;
  const [under] = parts;
  const same = under !== undefined && under !== null && under.base === above.base;
  const base =
    same || under === undefined || under === null ? (same ? '' : above.base) : `${above.base}/${under.base}`;
  return { base, power: above.power - (under?.power ?? 0) };
}

/** A spelling an instrument prints, as UCUM writes it; null for words and numbers that stand for a unit or for none. */
function spelled(text: string): string | null {
  if (['', '1', '2', 'INR', 'S/CO', 'COI', 'Index', 'ratio'].includes(text) || text.includes('NGSP'))
    return null;
  return text
    .replace(/[µμ]/g, 'u')
    .replace(/^G\/L$/, '10*9/L')
    .replace(/^T\/L$/, '10*12/L')
    .replace(/^K\/uL$/, '10*3/uL')
    .replace(/^M\/uL$/, '10*6/uL')
    .replace(/10[\^eE](\d+)/, '10*$1')
    .replace(/^x/, '')
    .replace('mm3', 'uL')
    .replace('um3', 'fL')
    .replace(/^sec$/i, 's')
    .replace(/(?<=[dmu]|\/)l\b/, 'L')
    .replace(/^mEq\//, 'mmol/')
    .replace(/ ?\(?FEU\)?/, '')
    .replace(/(^|[munkp])UI\//, '$1IU/')
    .replace(/^(UA|AU|aU)\//, "[arb'U]/")
    .replace('WBC', '')
    .replace(/^(copies|cp)\//, '{copies}/')
    .replace(/(^|[munkp])IU/, '$1[IU]');
}

describe('the profiles that come with Levey', () => {
  it('are those the manual lists, each under its own id, with a document as source', () => {
    const ids = BUILTIN_PROFILES.map((one) => one.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'roche-cobas-pro',
        'roche-cobas-c111',
        'roche-cobas-c311',
        'roche-cobas-e411',
        'sysmex-xn',
        'sysmex-xp',
        'mindray-bc-5380',
        'mindray-bs-480',
        'abbott-architect',
        'abbott-afinion2',
        'beckman-access2',
        'siemens-dca-vantage',
        'siemens-atellica',
        'cepheid-genexpert',
        'horiba-pentra-xlr',
        'horiba-yumizen-h500',
        'biorad-d10',
        'ortho-vision',
        'generic-astm',
        'generic-hl7',
        'generic-law',
      ]),
    );
    for (const profile of BUILTIN_PROFILES) {
      expect(profile.source.title.length, profile.id).toBeGreaterThan(10);
      expect(Object.keys(profile.statuses).length, profile.id).toBeGreaterThan(0);
      expect(profile.tests.length, profile.id).toBeGreaterThan(0);
    }
  });

  it('have LOINC codes whose check digit fits', () => {
    const wrong = mappings.filter((one) => one.loinc !== null && !checkDigitFits(one.loinc));
    expect(wrong.map((one) => `${one.profile} ${one.code} ${one.loinc}`)).toEqual([]);
    expect(checkDigitFits('2951-3')).toBe(false);
  });

  it('have units that UCUM knows', () => {
    const units = mappings.flatMap((one) => [one.unit, ...(one.otherUnits ?? []).map((other) => other.unit)]);
    const odd = new Set(units.filter((unit) => unit !== null && unit !== undefined && ucum(unit) === null));
    expect([...odd]).toEqual([]);
    for (const unit of ['10^9/L', 'mIU/L', 'µmol/L', 'mg/dl', 'g/L/d']) expect(ucum(unit)).toBeNull();
  });

  it('R12 turn every other size of a unit into ours by exactly the power of ten between them', () => {
    const faults: string[] = [];
    let compared = 0;
    for (const test of mappings) {
      const spellings = [
        ...test.sentUnits.map((sent) => ({ sent, factor: test.factor, unit: test.unit })),
        ...(test.otherUnits ?? []).map((one) => ({ ...one, unit: one.unit ?? test.unit })),
      ];
      for (const { sent, factor: times, unit } of spellings) {
        const text = spelled(sent);
        const [from, to] = [text === null ? null : ucum(text), unit === null ? null : ucum(unit)];
        if (text === null) continue;
        compared += 1;
        const fits =
          from !== null &&
          to !== null &&
          from.base === to.base &&
          Math.abs(Number(times) / 10 ** (from.power - to.power) - 1) < 1e-9;
        if (!fits) faults.push(`${test.profile} ${test.code}: ${sent} x ${times} is not ${unit}`);
      }
    }
    expect(faults).toEqual([]);
    expect(compared).toBeGreaterThan(500);
  });

  it('call one analyte by one code, with one LOINC code and one unit, in every profile', () => {
    const faults: string[] = [];
    const known = new Map<string, { profile: string; loinc: string | null; unit: string | null }>();
    for (const { profile, test, loinc, unit } of mappings) {
      const before = known.get(test);
      if (before === undefined) known.set(test, { profile, loinc, unit });
      else if (before.loinc !== loinc || before.unit !== unit)
        faults.push(`${test} differs between ${before.profile} and ${profile}`);
      const listed = Object.hasOwn(analytes, test) ? analytes[test as keyof typeof analytes] : undefined;
      if (listed === undefined || listed.loinc !== loinc || listed.unit !== unit)
        faults.push(`${test} of ${profile} is not as in analytes.json`);
    }
    expect(faults).toEqual([]);
    expect([...known.keys()].filter((code) => !/^[A-Z0-9%-]{1,16}$/.test(code))).toEqual([]);
    const loincs = Object.entries(analytes).filter(([, one]) => one.loinc !== null);
    expect(new Set(loincs.map(([, one]) => one.loinc)).size).toBe(loincs.length);
  });
});
