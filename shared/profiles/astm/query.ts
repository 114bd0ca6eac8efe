/** What an analyser asks for with a Q record (R8). */
import { type AstmRecord, component, field } from '../../protocols/astm/records.ts';
import type { CanonicalQuery, InterpretProblem } from '../canonical.ts';
import type { AstmProfile } from '../profile.ts';

/**
 * One Q record as a query: the specimens of Q-3, the tests of Q-5, and whether Q-13 takes it back.
 * @param testOf our code of a test by the device's; the device's own where it is not known
 */
export function readQuery(
  record: AstmRecord,
  profile: AstmProfile,
  testOf: (code: string) => string,
): CanonicalQuery {
  const problems: InterpretProblem[] = [];
  const report = (text: string): void => {
    problems.push({ code: 'unsupportedQuery', severity: 'hold', text, record: record.index });
  };
  const firstToo = profile.dialect.leniencies.includes('R8-first-component');
  const place = profile.dialect.queryComponent - 1;
  const asked = field(record, 3).repeats.map((parts) => {
    const named = parts[place] ?? '';
    const first = (parts[0] ?? '').trim();
    // The standard's own way to ask for everything names no specimen, so it stands where no component of ours is.
    const everything = named === '' && first.toUpperCase() === 'ALL';
    return named === '' && (firstToo || everything) ? first : named.trim();
  });
  const all = asked.length > 0 && asked.every((id) => id.toUpperCase() === 'ALL');
  const specimenIds = all ? [] : [...new Set(asked.filter((id) => id !== ''))];
  if (!all && specimenIds.length === 0) report('The request names no specimen.');
  if (field(record, 4).given === 'value') report('The request asks for a range of specimens.');
  const status = component(record, 13).trim();
  if (status !== 'A' && !profile.dialect.queryStatuses.includes(status)) {
    report(`The request is not for orders (status "${status}").`);
  }
  const codeAt = profile.dialect.codeComponent - 1;
  const tests = field(record, 5)
    .repeats.map((repeat) => (repeat[codeAt] ?? repeat[0] ?? '').trim())
    .filter((one) => one !== '' && one.toUpperCase() !== 'ALL')
    .map(testOf);
  const echo =
    profile.dialect.answer.echo === 'none'
      ? {}
      : {
          echo: Object.fromEntries(
            field(record, 3).repeats.map((parts, at) => [asked[at] ?? '', parts.join('^')]),
          ),
        };
  return { specimenIds, all, cancel: status === 'A', tests, ...echo, record: record.index, problems };
}
