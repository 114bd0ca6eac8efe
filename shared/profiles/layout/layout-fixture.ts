/** Test help: profiles of files and streams from a few words, and what a text says with them. Used by tests only. */
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { charset } from '../../protocols/astm/charset.ts';
import type { CanonicalResult, Interpretation } from '../canonical.ts';
import { type FileProfile, type Profile, parseProfile, type StreamProfile } from '../profile.ts';
import { readMessages } from '../read.ts';

const COMMON = {
  version: 1,
  name: 'Test',
  manufacturer: '',
  model: 'T1',
  section: 'any',
  source: { title: 'A format made up for a test' },
  tests: [
    { code: 'NA', test: 'NA', loinc: '2951-2', unit: 'mmol/L', sentUnits: [''] },
    { code: 'K', test: 'K', loinc: '2823-3', unit: 'mmol/L', sentUnits: [''] },
    { code: 'GLU', test: 'GLU', loinc: '14749-6', unit: 'mmol/L', sentUnits: ['', 'mmol/l'] },
    { code: 'HIV', test: 'HIVAGAB', loinc: null, unit: null },
  ],
  notResults: [{ code: 'TEMP', text: 'temperature of the cuvette' }],
  remarks: [{ code: 'CLOT', text: 'clot found', unless: ['no'] }],
  flags: {
    H: { interpretation: 'H', hold: false, text: 'high' },
    '!': { interpretation: '', hold: true, text: 'look' },
  },
  statuses: { '': 'final', F: 'final', P: 'preliminary', X: 'cancelled' },
  qc: { processing: [], actionCodes: [], specimenPrefixes: ['QC'] },
  capabilities: { query: false, download: false },
};

/** The columns of {@link csvProfile}. */
export const COLUMNS = 'specimen,test,value,unit,flag,status,measured,operator';

const FIELDS = COLUMNS.split(',').map((name) => ({ name, role: name, column: name }));

/** A profile of files; `dialect` changes that of eight columns with a header. */
export function csvProfile(
  dialect: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): FileProfile {
  const layout = {
    form: 'delimited',
    charset: 'utf8',
    header: true,
    timeFormat: 'YYYY-MM-DD HH:mm:ss',
    fields: FIELDS,
    ...dialect,
  };
  return parsed({ ...COMMON, id: 'test-csv', protocol: 'file', dialect: layout, ...more }) as FileProfile;
}

/** A profile of a line. */
export function streamProfile(
  dialect: Record<string, unknown>,
  link: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): StreamProfile {
  return parsed({
    ...COMMON,
    id: 'test-stream',
    protocol: 'stream',
    link,
    dialect,
    ...more,
  }) as StreamProfile;
}

function parsed(data: unknown): Profile {
  return parseProfile(data);
}

/** What a text says; characters above 255 are written as UTF-8. */
export function read(text: string, profile: Profile = csvProfile()): Interpretation {
  const wide = [...text].some((character) => character > '\xff');
  const bytes = fromBinary(wide ? charset('utf8').encode(text) : text);
  const [only] = readMessages(bytes, profile, { toInstant: (local) => `${local}.000Z` });
  if (only === undefined) throw new Error('no interpretation');
  return only;
}

/** Results in few words: `A1 NA 140 mmol/L final`, with `!` and its problems behind. */
export function brief(found: Pick<Interpretation, 'results'>): string[] {
  return found.results.map((result) => {
    const { specimenId, instrumentCode, value, status, isQc } = result;
    const problems = holds(result);
    const words = [
      specimenId ?? '-',
      instrumentCode || '-',
      value.text || '-',
      value.unit || '-',
      status ?? '-',
    ];
    return `${words.join(' ')}${isQc ? ' QC' : ''}${problems === '' ? '' : ` ! ${problems}`}`;
  });
}

/** The codes of what holds a result. */
export function holds({ problems }: CanonicalResult): string {
  return problems
    .filter((problem) => problem.severity === 'hold')
    .map((problem) => problem.code)
    .join(' ');
}
