/** Messages far longer than an analyser's: the time to read one grows with its length, and not with its square. */
import { expect, it } from 'vitest';
import { BUILTIN_PROFILES } from './builtin.ts';
import { readMessages } from './read.ts';

const LIMIT_MS = 20_000;

function resultsOf(profileId: string, text: string) {
  const profile = BUILTIN_PROFILES.find((one) => one.id === profileId);
  if (profile === undefined) throw new Error(`no profile ${profileId}`);
  const [read] = readMessages(Buffer.from(text), profile, { toInstant: (local) => `${local}.000Z` });
  return read?.results ?? [];
}

const HL7 =
  'MSH|^~\\&|XN|Lab|LEVEY|BENCH|20260729064205+0200||ORU^R01^ORU_R01|C1|P|2.5.1\rPID|1||P1\rOBR|1|A1||GLU\r';

it(
  'M7 32 000 specimens behind 32 000 observations (a minute and a half, once)',
  () => {
    const results = resultsOf('generic-hl7', HL7 + 'OBX|1|NM|K||5.40|mmol/L\rSPM|1\r'.repeat(32_000));
    expect(results).toHaveLength(32_000);
  },
  LIMIT_MS,
);

it(
  'M7 16 000 patients, each with a specimen',
  () => {
    const results = resultsOf(
      'generic-hl7',
      `${HL7}${'PID|1\rSPM|1\r'.repeat(16_000)}OBX|1|NM|K||5.40|mmol/L\r`,
    );
    expect(results).toHaveLength(1);
  },
  LIMIT_MS,
);

it(
  'R2 32 000 results of one order',
  () => {
    const text = `H|\\^&|||XN\rP|1\rO|1|A1||^^^Na\r${'R|1|^^^Na|140|mmol/L\r'.repeat(32_000)}L|1|N\r`;
    const results = resultsOf('generic-astm', text);
    expect(results).toHaveLength(32_000);
    expect(results.at(-1)).toMatchObject({ specimenId: 'A1', instrumentCode: 'Na' });
  },
  LIMIT_MS,
);
