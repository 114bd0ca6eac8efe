/** Files of quality control on the real engine, and the month a supervisor signs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PIN } from './people.ts';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
/** The month before this one, and its days. */
const month = (() => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
})();
const day = (n: number) => `${month}-${String(n).padStart(2, '0')}`;

const lots = [
  'material;manufacturer;lot;level;expires;openHours;sentAs;state',
  'Lyphochek;Example;L100;1;2099-12-31;;QC-L1|L1;current',
  'Lyphochek;Example;L200;2;2099-12-31;168;QC-L2;current',
].join('\r\n');
const targets = [
  'material;lot;level;test;mean;sd;from',
  `Lyphochek;L100;1;NA;140,0;1,5;${month}-01`,
  `Lyphochek;L200;2;NA;155,0;2,0;${month}-01`,
].join('\r\n');
const value = (level: number, n: number) =>
  level === 1 ? 140 + ((n * 7) % 5) - 2 + (n === 12 ? 6 : 0) : 155 + ((n * 2) % 5) - 2;
const points = [
  'instrument,test,material,lot,level,value,time,operator',
  ...Array.from({ length: 20 }, (_, at) => at + 1).flatMap((n) =>
    [1, 2].map(
      (level) => `CHEM1,NA,Lyphochek,L${level}00,${level},${value(level, n)},${day(n)} 06:0${level},KO`,
    ),
  ),
].join('\n');

beforeAll(async () => {
  station = await qcStation();
});
afterAll(() => station?.stop());

const send = (kind: 'lots' | 'targets' | 'points' | 'peer', text: string, dryRun = false) =>
  station.supervisor.command('qc.import', { kind, text, dryRun });
const stored = () => station.engine.bench.store.count('controls', { selector: {} });

test('a file with a problem changes nothing and names each line; a dry run changes nothing', async () => {
  const bad = `${lots}\r\nLyphochek;Example;L100;1;2099-12-31;;QC-L9;current\r\nX;;L300;3;2026-02-30;;QC-L3;current`;
  expect(await send('lots', bad)).toEqual({
    done: false,
    taken: 2,
    known: 0,
    problems: [
      { line: 4, text: 'The same as line 2.' },
      { line: 5, text: '“2026-02-30” is not a day such as 2026-12-31.' },
    ],
  });
  expect(await send('lots', lots, true)).toMatchObject({ done: false, taken: 2, problems: [] });
  expect(await station.engine.bench.store.count('lots', { selector: {} })).toBe(0);
});

test('lots, targets with decimal commas and points come from files; the same file twice is known', async () => {
  expect(await send('lots', lots)).toEqual({ done: true, taken: 2, known: 0, problems: [] });
  expect(await send('lots', lots)).toEqual({ done: true, taken: 0, known: 2, problems: [] });
  expect(await send('targets', targets)).toMatchObject({ done: true, taken: 2, problems: [] });
  const wrong = points
    .replace(',139,', ',high,')
    .replace('CHEM1,NA,Lyphochek,L200,2', 'CHEM7,NA,Lyphochek,L201,2');
  const refused = await send('points', wrong);
  expect(refused.done).toBe(false);
  expect(refused.problems.map((one) => one.text)).toEqual(
    expect.arrayContaining([
      'There is no lot “Lyphochek 2, lot L201”.',
      'There is no instrument “CHEM7”.',
      'The value “high” is not a number.',
    ]),
  );
  expect(await stored()).toBe(0);
  expect(await send('points', points)).toEqual({ done: true, taken: 40, known: 0, problems: [] });
  expect(await send('points', points)).toEqual({ done: true, taken: 0, known: 40, problems: [] });
  expect(await stored()).toBe(40);
});

test('W11 points from a file are judged in their runs, in order of time', async () => {
  const [chart] = await station.lead.rows('qc.chart', { instrumentId: CHEM1, testCode: 'NA', limit: 100 });
  expect(chart?.points).toHaveLength(40);
  const times = chart?.points.map((one) => one.at) ?? [];
  expect(times).toEqual(times.toSorted());
  expect(new Set(chart?.points.map((one) => one.runId)).size).toBe(20);
  const bad = chart?.points.filter((one) => one.state === 'rejected') ?? [];
  expect(bad.map((one) => one.text)).toContain(String(value(1, 12)));
});

test('R10 a time of the hour that comes twice, or never, is asked for with its offset', async () => {
  const row = (time: string) => `CHEM1,NA,Lyphochek,L100,1,141.5,${time}`;
  const times = ['2025-10-26 01:20', '2026-03-29 01:20', '2025-10-26 01:20+01:00', '2025-10-26 02:20'];
  const text = ['instrument,test,material,lot,level,value,time', ...times.map(row)].join('\n');
  expect(await send('points', text, true)).toMatchObject({
    taken: 2,
    problems: [
      { line: 2, text: '“2025-10-26 01:20” came twice: write its offset behind it, as in +01:00.' },
      { line: 3, text: '“2026-03-29 01:20” never came: the clocks were put forward.' },
    ],
  });
});

test('points go out as CSV that comes in again as known', async () => {
  const range = { instrumentId: CHEM1, testCode: 'NA', from: day(1), to: day(20) };
  const { csv, points: count } = await station.lead.command('qc.export', range);
  expect(count).toBe(40);
  const again = csv
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.split(',').slice(0, 7).join(','))
    .join('\r\n');
  expect(await send('points', again)).toEqual({ done: true, taken: 0, known: 40, problems: [] });
  expect(await station.lead.refusal('qc.export', { ...range, to: '2020-01-01' })).toMatchObject({
    code: 'qc.noDays',
  });
});

test('a peer group’s figures give SDI and CVI', async () => {
  const file = `month,instrument,test,material,lot,level,n,mean,sd\n${month},CHEM1,NA,Lyphochek,L200,2,412,154,2`;
  expect(await send('peer', file)).toMatchObject({ done: true, taken: 1 });
  const [row] = await station.lead.rows('qc.peer', { instrumentId: CHEM1 });
  // 153 to 157, four of each: mean 155, so half a group SD above.
  expect(row).toMatchObject({ own: { n: 20, mean: 155 }, sdi: 0.5, group: { n: 412 } });
  expect(row?.cvi).toBeCloseTo(Math.sqrt(40 / 19) / 155 / (2 / 154));
});

test('C4 a month is signed once every rejected control has its action; the signature holds until something changes', async () => {
  const sign = { instrumentId: CHEM1, period: month, comment: 'Vial of the 12th replaced.', pin: PIN };
  expect(await station.supervisor.refusal('qc.signOff', sign)).toMatchObject({ code: 'qc.actionMissing' });
  const [chart] = await station.lead.rows('qc.chart', { instrumentId: CHEM1, testCode: 'NA', limit: 100 });
  const rejected = chart?.points.filter((one) => one.state === 'rejected') ?? [];
  for (const { id } of rejected)
    await station.tech.command('qc.review', {
      ...{ controlId: id, kind: 'action', code: 'newVial', text: 'A new vial was opened and measured.' },
    });
  const [first, ...rest] = chart?.points.filter((one) => one.state !== 'rejected') ?? [];
  await station.lead.command('qc.exclude', {
    controlId: first!.id,
    reason: 'Measured with the wrong programme.',
  });
  expect(await station.lead.refusal('qc.signOff', sign)).toMatchObject({ code: 'access.notAllowed' });
  expect((await station.supervisor.refusal('qc.signOff', { ...sign, pin: '0000' })).code).toContain('access');
  const now = new Date().toISOString().slice(0, 7);
  expect(await station.supervisor.refusal('qc.signOff', { ...sign, period: now })).toMatchObject({
    code: 'qc.periodOpen',
  });
  const { hash } = await station.supervisor.command('qc.signOff', sign);
  const signed = async () => (await station.lead.rows('qc.signOffs', { instrumentId: CHEM1 }))[0];
  expect(await signed()).toMatchObject({ by: 'T. adeyemi', period: month, hash, holds: true });
  const { pdf } = await station.lead.command('qc.report.pdf', {
    ...{ instrumentId: CHEM1, testCode: 'NA', period: month },
  });
  const bytes = Buffer.from(pdf, 'base64');
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  if (process.env.LEVEY_KEEP_PDF !== undefined)
    writeFileSync(join(mkdtempSync(join(tmpdir(), 'qc-pdf-')), 'qc.pdf'), bytes);
  await station.tech.command('qc.review', {
    ...{ controlId: rest[0]!.id, kind: 'comment', code: '', text: 'Seen later.' },
  });
  expect(await signed()).toMatchObject({ hash, holds: false });
});

test('C4 a week is signed like a month', async () => {
  const at = new Date(`${day(9)}T12:00:00.000Z`);
  const thursday = new Date(at.getTime() + (4 - (at.getUTCDay() || 7)) * 86_400_000);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - first) / 86_400_000 / 7) + 1;
  const period = `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
  const { hash } = await station.supervisor.command('qc.signOff', {
    ...{ instrumentId: CHEM1, period, comment: '', pin: PIN },
  });
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});
