import { describe, expect, it } from 'vitest';
import { builtinProfile } from './builtin.ts';
import { applyOverlay, emptyOverlay, Overlay, stationOverlay } from './overlay.ts';
import { mayBeginAccession, overlayFaults, profileConflicts, testConflicts } from './overlay-check.ts';
import { readMessages } from './read.ts';
import type { TestMapping } from './schema/common.ts';

const chemistry = builtinProfile('demo-chemistry')!;
const bytes = (...records: string[]) =>
  new TextEncoder().encode(
    ['H|\\^&|||DC-800^1|||||||P|1|20260729064205', ...records, 'L|1|N'].join('\r').concat('\r'),
  );
const read = (record: string, overlay: Overlay) =>
  readMessages(bytes('P|1', 'O|1|S1||^^^Na', record), applyOverlay(chemistry, overlay))[0]!.results;
const glucose: TestMapping = {
  code: 'GLUX',
  test: 'GLU',
  loinc: null,
  unit: 'mmol/L',
  sentUnits: ['mmol/l'],
  factor: '1',
  otherUnits: [{ sent: 'mg/dL', factor: '0.0555' }],
};
const overlay = (part: Partial<Overlay>): Overlay => ({ ...emptyOverlay(), ...part });

describe('an overlay', () => {
  it('leaves the profile as it is when it is empty, and never edits it', () => {
    const before = structuredClone(chemistry);
    expect(applyOverlay(chemistry, emptyOverlay())).toEqual(chemistry);
    applyOverlay(chemistry, overlay({ tests: [glucose], statuses: { Z: 'final' } }));
    expect(chemistry).toEqual(before);
  });

  it('R12 converts each unit by its own factor, exactly, and holds a unit nobody named', () => {
    const with1 = overlay({ tests: [glucose] });
    const value = (unit: string) => read(`R|1|^^^GLUX|100|${unit}||N||F`, with1)[0]!;
    expect(value('mg/dL').value).toMatchObject({ text: '5.5500', unit: 'mmol/L' });
    expect(value('mmol/l').value).toMatchObject({ text: '100', unit: 'mmol/L' });
    expect(value('mmol/L').value).toMatchObject({ text: '100', unit: 'mmol/L' });
    expect(value('g/L').problems.map((one) => one.code)).toEqual(['unitMismatch']);
  });

  it('R12 a factor is for the units it was given for: a value in the right unit already is not multiplied', () => {
    const factor = overlay({
      tests: [{ ...glucose, sentUnits: ['mg/dL'], factor: '0.0555', otherUnits: [] }],
    });
    expect(read('R|1|^^^GLUX|100|mg/dL||N||F', factor)[0]!.value.text).toBe('5.5500');
    expect(read('R|1|^^^GLUX|5.5|mmol/L||N||F', factor)[0]!.value.text).toBe('5.5');
  });

  it('takes a spelling of a unit for every test of that unit and never as a conversion', () => {
    const spelled = overlay({ units: [{ unit: 'mmol/L', sent: 'MMOL' }] });
    expect(read('R|1|^^^Na|140|MMOL||N||F', spelled)[0]!).toMatchObject({
      value: { text: '140', unit: 'mmol/L' },
      problems: [],
    });
    expect(read('R|1|^^^Crea|80|MMOL||N||F', spelled)[0]!.problems).toHaveLength(1);
  });

  it('says that a code is no result, and a mapped code is one again', () => {
    const ignored = overlay({ notResults: [{ code: 'Na', text: 'Setting' }] });
    expect(read('R|1|^^^Na|140|mmol/L||N||F', ignored)).toEqual([]);
    const profile = applyOverlay(chemistry, ignored);
    expect(applyOverlay(profile, stationOverlay({ Na: 'NA' })).notResults).toEqual([]);
  });

  it('adds statuses, flags and marks of controls', () => {
    const more = overlay({
      statuses: { Z: 'preliminary' },
      flags: { Q1: { interpretation: '', hold: true, text: 'Clot' } },
      qc: { specimenPrefixes: ['S1'], places: [] },
    });
    const [one] = read('R|1|^^^Na|140|mmol/L||Q1||Z', more);
    expect(one).toMatchObject({ status: 'preliminary', isQc: true });
    expect(one!.flags).toEqual([{ code: 'Q1', meaning: { interpretation: '', hold: true, text: 'Clot' } }]);
  });

  it('a mapping by code alone takes the unit the profile knows for it', () => {
    const [one] = read('R|1|^^^Na|140|mmol/L||N||F', stationOverlay({ Na: 'NA' }));
    expect(one!.value.unit).toBe('mmol/L');
    expect(read('R|1|^^^Na|140|g/L||N||F', stationOverlay({ Na: 'NA' }))[0]!.problems).toHaveLength(1);
  });
});

describe('checking an overlay', () => {
  it('finds contradictions', () => {
    const faults = overlayFaults(
      overlay({
        tests: [glucose, { ...glucose, factor: '0.0' }, { ...glucose, code: 'X', unit: null }],
        notResults: [{ code: 'GLUX', text: 'Setting' }],
        units: [
          { unit: 'mg/dL', sent: 'mg' },
          { unit: 'mg/L', sent: 'mg' },
        ],
        qc: { specimenPrefixes: ['26', 'QC'], places: [] },
      }),
    );
    expect(faults).toEqual([
      'The code GLUX is mapped twice.',
      'The code GLUX is mapped and is said to be no result.',
      'A factor of GLUX is zero.',
      'X: a factor needs the unit it leads to.',
      'The spelling "mg" is given to two units.',
      'Specimen numbers of the laboratory may begin with "26".',
    ]);
    expect(overlayFaults(emptyOverlay())).toEqual([]);
  });

  it('knows how specimen numbers begin', () => {
    expect(['2', '26210', '26210B1', '26210-B1'].map(mayBeginAccession)).toEqual([true, true, true, true]);
    expect(['QC', 'L1', '2621-X', '2A'].some(mayBeginAccession)).toBe(false);
  });

  it('shows what does not fit with the profile and the catalogue', () => {
    const lower = chemistry.tests.find((test) => test.code === 'Na')!;
    expect(testConflicts({ ...lower, test: 'NAX' }, lower, undefined)).toEqual([
      'The catalogue has no test NAX.',
      'The profile maps this code to NA.',
    ]);
    expect(testConflicts(lower, null, { code: 'NA', unit: 'mmol/L' })).toEqual([]);
    const more = overlay({ tests: [{ ...glucose, unit: 'mg/dL', sentUnits: [], otherUnits: [] }] });
    expect(profileConflicts(applyOverlay(chemistry, more), chemistry, more)).toEqual([
      'Glu, GLUX are all GLU, in mmol/L and mg/dL.',
    ]);
  });

  it('is strict about what it takes', () => {
    expect(
      Overlay.safeParse({ tests: [{ code: 'A', test: 'B', unit: 'g/L', loinc: null, factor: '1e3' }] })
        .success,
    ).toBe(false);
    expect(Overlay.safeParse({ link: {} }).success).toBe(false);
  });
});
