import type { ProfileTestRow, VerificationRow } from '../../../shared/ipc/tools.ts';
import type { TestMapping } from '../../../shared/profiles/schema/common.ts';
import { SHEET, Sheet } from './sheet.ts';

/** What stands on the record besides what was signed. Times as they are to be shown. */
export interface VerificationFacts {
  laboratory: string;
  instrument: string;
  /** Name of the profile. */
  profile: string;
  madeAt: string;
  /** ISO 8601 instant of making. */
  createdAt: string;
  by: string;
}

/**
 * The signed record of a mapping's verification (C4) as PDF, A4: who signed, what was looked at, and of each test what the profile says (before) and what
 * the laboratory's mapping makes of it (after). Of a test that was changed since the signature only that is said. The same content gives the same bytes.
 * @param tests the mapping of today @param time an instant as it is to be shown
 */
export function verificationPdf(
  record: VerificationRow,
  tests: readonly ProfileTestRow[],
  facts: VerificationFacts,
  time: (instant: string) => string,
): Uint8Array {
  const sheet = new Sheet();
  sheet.head(`Verification of the mapping of ${facts.instrument}`, [
    facts.laboratory,
    `Profile: ${facts.profile} (${record.profileId} ${record.profileVersion}), the laboratory’s mapping ${record.overlayVersion}`,
    `Printed by ${facts.by}, ${facts.madeAt}`,
  ]);
  if (!record.intact)
    sheet.line('This record was altered after it was signed. It counts for nothing.', SHEET.bold, 0, 178, 6);
  sheet.heading('Signature');
  sheet.line(`${record.by}, ${record.role}, ${time(record.at)}, with PIN`, SHEET.body);
  sheet.line(`Meaning: ${record.statement}`, SHEET.body);
  sheet.line(`SHA-256 of the record: ${record.contentHash}`, SHEET.small);
  sheet.heading('What was looked at');
  for (const { messageNumber, at, results } of record.cases)
    sheet.line(`Message ${messageNumber} of ${time(at)}: ${results} results`, SHEET.body);
  if (record.replay !== '') sheet.line(`Replay: ${record.replay}`, SHEET.body);
  sheet.heading('Tests');
  for (const { testCode, testName, digest, standing } of record.tests) {
    sheet.gap(2.5);
    sheet.row(testCode, standing ? 'verified, unchanged since' : 'CHANGED SINCE', !standing);
    sheet.line(testName || testCode, SHEET.body, 24, 110, 4.4);
    const rows = tests.filter((row) => row.mapping.test === testCode);
    for (const { mapping, origin, replaces } of rows) {
      const own = origin !== 'builtIn';
      const before = own ? (replaces === null ? 'not mapped' : said(replaces)) : said(mapping);
      sheet.line(`Before, in the profile: ${before}`, SHEET.small, 24, 154, 4);
      if (!standing)
        sheet.line(
          'After: the mapping that was signed for is not the one of today.',
          SHEET.small,
          24,
          154,
          4,
        );
      else sheet.line(`After, as signed for: ${own ? said(mapping) : 'the same'}`, SHEET.small, 24, 154, 4);
    }
    sheet.line(`SHA-256 of the mapping: ${digest}`, SHEET.small, 24, 154, 4);
  }
  return sheet.done(`Verification ${facts.instrument}`, facts.createdAt, { record, tests, facts });
}

/** A mapping in one line. */
function said(mapping: TestMapping): string {
  const { code, test, loinc, unit, sentUnits, factor, otherUnits = [] } = mapping;
  const units = sentUnits.map((one) => (one === '' ? 'none' : one)).join(', ');
  return [
    `${code} is ${test}`,
    loinc === null ? '' : `LOINC ${loinc}`,
    unit === null ? 'unit as sent' : `unit ${unit}`,
    units === '' ? '' : `sent as ${units}`,
    factor === '1' ? '' : `times ${factor}`,
    ...otherUnits.map((one) => `${one.sent || 'none'} times ${one.factor}`),
  ]
    .filter((part) => part !== '')
    .join('; ');
}
