/** Fuzzing the reader of files: it may hold, but never throw, hang, lose a line, or read a value that does not stand in its line. */
import { strict as assert } from 'node:assert';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import type { Interpretation } from '../../shared/profiles/canonical.ts';
import { cutLines, textOf } from '../../shared/profiles/layout/lines.ts';
import type { FileProfile } from '../../shared/profiles/profile.ts';
import { readMessages } from '../../shared/profiles/read.ts';
import { toBinary } from '../../shared/protocols/astm/bytes.ts';
import { bytesOf, type FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const HEADER = 'specimen,test,value,unit,flag,status,measured,operator\r\n';
const ROW = 'A1,NA,140,mmol/L,H,F,2026-07-29 06:42:05,kim\r\n';

const generic = builtinProfile('generic-csv') as FileProfile;
const wide: FileProfile = {
  ...generic,
  dialect: { ...generic.dialect, shape: 'wide', fields: generic.dialect.fields.slice(0, 1) },
};
const numbered: FileProfile = {
  ...generic,
  dialect: {
    ...generic.dialect,
    header: false,
    separator: ';',
    charset: 'latin1',
    fields: generic.dialect.fields.map((field, at) => ({ ...field, column: at + 1 })),
  },
};

const files = [
  HEADER + ROW + ROW.replace('NA,140', 'K,"4,1"'),
  `\xef\xbb\xbf${HEADER}"A,""1""","GLU","5.40","mmol/L","H;L","","","two\r\nlines"\r\n`,
  `specimen,NA,K (mmol/L),GLU [mg/dL],XX\nA1,140,4.1,,1\nQC-L1,,,5.4,\n`,
  ROW.replaceAll(',', ';').repeat(3),
  `sep=,\r${HEADER.replaceAll('\r\n', '\r')}${ROW.replaceAll('\r\n', '\r')}`,
  `${HEADER}A1,NA,,,,,,\r\nA1,NA,>500,,,,,\r\nA1,NA,-----,,,X,,\r\n,,,,,,,\r\nA1,NA,1`,
];

export const target: FuzzTarget = {
  corpus: files.map(bytesOf),
  tokens: [
    ',',
    ';',
    '"',
    '""',
    '"",""',
    '\r',
    '\n',
    '\r\n',
    '\t',
    '\0',
    '\xff\xfe',
    '\xfe\xff',
    '\xef\xbb\xbf',
    'NA',
    '140',
    '1,234',
    '<0.1',
    HEADER,
    ROW,
    '2026-02-31 25:61:00',
    '\xc3\xa9',
    '\xff',
    '__proto__',
    'constructor',
    ' ',
  ].map(bytesOf),
  check(input: Uint8Array, random: Random): void {
    const profile = random.pick([generic, generic, wide, numbered]);
    const found = readMessages(input, profile, { toInstant: (local) => `${local}Z` });
    assert.equal(found.length, 1);
    const [one] = found;
    if (one !== undefined) promises(input, profile, one);
  },
};

function promises(input: Uint8Array, profile: FileProfile, one: Interpretation): void {
  assert.deepEqual(readMessages(input, profile, { toInstant: (local) => `${local}Z` })[0], one);
  const held = one.problems.some((problem) => problem.severity === 'hold');
  if (held) {
    assert.equal(one.results.length, 0);
    return;
  }
  const { text, problem } = textOf(toBinary(input), profile.dialect);
  assert.equal(problem, null);
  const lines = cutLines(text, profile.dialect, false);
  const { skip, header, shape } = profile.dialect;
  const bodies = lines
    .filter((line) => !skip.some((begin) => line.text.startsWith(begin)))
    .slice(header ? 1 : 0);
  const byNumber = new Map(bodies.map((line) => [line.number, line]));
  assert.equal(byNumber.size, bodies.length, 'two lines have one number');
  // Every line of a long file is a result, held or not: nothing is dropped. None of the profiles leaves any out.
  if (shape === 'long') assert.equal(one.results.length, bodies.length, 'a line was lost');
  for (const result of one.results) {
    const line = byNumber.get(result.records.result + 1);
    assert.ok(line !== undefined, 'a result of no line');
    const fits = result.problems.every((entry) => entry.severity !== 'hold');
    if (!fits) continue;
    const cells = line.cells.map((cell) => cell.trim());
    assert.ok(cells.includes(result.value.text), 'a value that does not stand in its line');
    assert.ok(result.specimenId !== null && cells.includes(result.specimenId), 'a specimen of another line');
    assert.ok(result.value.kind !== 'empty' || result.status === 'cancelled', 'an empty value was taken');
    if (result.value.kind === 'quantity') assert.ok(Number.isFinite(result.value.number));
    assert.ok(result.testCode !== null && result.status !== null);
  }
}
