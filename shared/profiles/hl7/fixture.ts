/** A profile and messages for the tests of this folder, written from HL7 2.5.1 and IHE LAW. */
import { parseHl7 } from '../../protocols/hl7/parse.ts';
import type { Interpretation, InterpretOptions } from '../canonical.ts';
import { type Hl7Profile, parseProfile } from '../profile.ts';
import { interpretHl7 } from './interpret.ts';

const flag = (interpretation: string, hold = false) => ({
  interpretation,
  hold,
  text: `flag ${interpretation}`,
});

/** A profile with `change` in place of its own fields. */
export function hl7Profile(change: Record<string, unknown> = {}): Hl7Profile {
  const profile = parseProfile({
    id: 'test-hl7',
    version: 1,
    name: 'Test analyser',
    manufacturer: '',
    model: '',
    section: 'chemistry',
    protocol: 'hl7',
    source: { title: 'HL7 2.5.1' },
    tests: [
      { code: 'NA', test: 'NA', loinc: '2951-2', unit: 'mmol/L' },
      { code: 'K', test: 'K', loinc: '2823-3', unit: 'mmol/L' },
      { code: 'WBC', test: 'WBC', loinc: '6690-2', unit: '10*9/L', sentUnits: ['10^9/L'] },
      { code: 'CRP', test: 'CRP', loinc: '1988-5', unit: 'mg/L', sentUnits: ['mg/dL'], factor: '10' },
      { code: 'UGLU', test: 'UGLU', loinc: '5792-7', unit: null },
    ],
    notResults: [{ code: 'MODE', text: 'mode of the device' }],
    flags: { N: flag('N'), H: flag('H'), HH: flag('HH', true), L: flag('L') },
    statuses: { F: 'final', P: 'preliminary', C: 'corrected', X: 'cancelled' },
    qc: { processing: [], actionCodes: ['Q'], specimenPrefixes: ['QC-'] },
    capabilities: { query: true, download: true },
    dialect: { query: 'law', download: 'oml33' },
    ...change,
  });
  if (profile.protocol !== 'hl7') throw new Error('not HL7');
  return profile;
}

/** A message with this header; segments are joined by CR. */
export function hl7(type: string, segments: readonly string[], more = 'P|2.5.1'): string {
  return [`MSH|^~\\&|ANA^SN1|LAB|LEVEY|B1|20260729064205||${type}|M1|${more}`, ...segments, ''].join('\r');
}

/** Interprets the one message of a text. */
export function read(
  text: string,
  profile: Hl7Profile = hl7Profile(),
  options: InterpretOptions = {},
): Interpretation {
  const { messages } = parseHl7(text);
  const [message] = messages;
  if (message === undefined || messages.length !== 1) throw new Error(`${messages.length} messages`);
  return interpretHl7(message, profile, options);
}

/** `hold unknownTest` … of a list of problems. */
export function codes(from: { problems: { code: string; severity: string }[] }): string[] {
  return from.problems.map((problem) => `${problem.severity} ${problem.code}`);
}
