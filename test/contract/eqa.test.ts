/** Proficiency testing: an event from its survey specimens to its outcome, by CLIA 493.801, 493.803 and 493.841 to 493.865. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eqaEvent, eqaHash } from '../../main/engine/qc/eqa.ts';
import { land } from '../../main/engine/replication/qc-landing.ts';
import { newBase } from '../../shared/documents/common.ts';
import type { EqaEventRow } from '../../shared/ipc/eqa.ts';
import { laboratory } from '../sim/laboratory/index.ts';
import { PIN } from './people.ts';
import { type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
const day = (by: number): string => new Date(Date.now() + by * 86_400_000).toISOString().slice(0, 10);
const specimens = ['EQ-26B-1', 'EQ-26B-2', 'EQ-26B-3', 'EQ-26B-4', 'EQ-26B-5'];
const given = { scheme: 'Example scheme', name: '2026-B', dueOn: day(10), specimens, tests: ['NA'] };

beforeAll(async () => {
  station = await qcStation();
  const past = laboratory({ day: '2026-07-29', patients: 5 }).history(40).next().value!;
  const context = { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() };
  // What was measured from the first two survey specimens; of the second the earlier version was wrong.
  await station.engine.bench.store.write(context, async (unit) => {
    const put = (id: string, accessionIdentifier: string, text: string, current: boolean) =>
      unit.put(
        'results',
        {
          ...past.results[0]!,
          ...{ id, accessionIdentifier, testCode: 'NA', current, verdict: 'released' as const },
          value: { text, kind: 'quantity', number: Number(text), unit: 'mmol/L' },
        },
        { sync: true },
      );
    put('survey-1', 'EQ26B1', '139', true);
    put('survey-2-old', 'EQ-26B-2', '999', false);
    put('survey-2', 'EQ-26B-2', '150', true);
  });
}, 60_000);

afterAll(() => station?.stop());

const rows = (): Promise<EqaEventRow[]> => station.tech.rows('eqa.events', {});
const event = async (name = given.name): Promise<EqaEventRow> =>
  (await rows()).find((one) => one.name === name)!;

/** An event of this scheme whose five results came out so: `a` acceptable, `u` unacceptable. */
async function finished(name: string, dueOn: string, outcomes: string): Promise<string> {
  const { eventId } = await station.lead.command('eqa.save', { ...given, eventId: null, name, dueOn });
  const each = specimens.map((specimen) => ({ eventId, specimen, testCode: 'NA' }));
  for (const one of each) await station.tech.command('eqa.result', { ...one, text: '140' });
  await station.lead.command('eqa.submit', { eventId, pin: PIN });
  for (const [at, one] of each.entries()) {
    const limits = outcomes[at] === 'a' ? { low: '136', high: '144' } : { low: '146', high: '154' };
    await station.lead.command('eqa.outcome', { ...one, mean: '140', sd: '2', ...limits });
  }
  return eventId;
}

test('an event is opened by a lead, and each test of each survey specimen waits for its result', async () => {
  expect((await station.tech.refusal('eqa.save', { ...given, eventId: null })).code).toBe(
    'access.notAllowed',
  );
  const wrong = await station.lead.refusal('eqa.save', { ...given, eventId: null, tests: ['NOTHING'] });
  expect(wrong.code).toBe('qc.eventTest');
  await station.lead.command('eqa.save', { ...given, eventId: null });
  expect(await event()).toMatchObject({ state: 'open', missing: 5, tests: ['NA'], submitted: null });
});

test('standing results of the survey specimens are taken as measured, others are typed by a person', async () => {
  const { id: eventId } = await event();
  expect(await station.tech.command('eqa.collect', { eventId })).toEqual({ taken: 2 });
  expect(await station.tech.command('eqa.collect', { eventId })).toEqual({ taken: 0 });
  await station.tech.command('eqa.result', { eventId, specimen: 'EQ-26B-3', testCode: 'NA', text: '141,5' });
  await station.tech.command('eqa.result', { eventId, specimen: 'EQ-26B-4', testCode: 'NA', text: '< 5' });
  const { items, missing } = await event();
  expect(items.slice(0, 4)).toMatchObject([
    { text: '139', source: 'measured', by: '' },
    { text: '150', source: 'measured' },
    { text: '141,5', source: 'typed', by: 'T. lindqvist' },
    { text: '< 5', source: 'typed' },
  ]);
  expect(missing).toBe(1);
  const fewer = { ...given, eventId, specimens: specimens.slice(1) };
  expect((await station.lead.refusal('eqa.save', fewer)).code).toBe('qc.eventHasResults');
});

test('C4 the submission is signed with the PIN, bound to the results, and what was submitted stays', async () => {
  const { id: eventId } = await event();
  const item = { eventId, specimen: 'EQ-26B-1', testCode: 'NA' };
  const outcome = { ...item, mean: '140', sd: '2', low: '', high: '' };
  expect((await station.lead.refusal('eqa.outcome', outcome)).code).toBe('qc.notSubmitted');
  expect((await station.lead.refusal('eqa.submit', { eventId, pin: '0000' })).code).toContain('access');
  await station.lead.command('eqa.submit', { eventId, pin: PIN });
  expect(await event()).toMatchObject({ state: 'submitted', submitted: { by: 'T. okafor', holds: true } });
  expect((await station.tech.refusal('eqa.result', { ...item, text: '140' })).code).toBe('qc.eventSubmitted');
  expect((await station.tech.refusal('eqa.collect', { eventId })).code).toBe('qc.eventSubmitted');
  expect((await station.lead.refusal('eqa.save', { ...given, eventId })).code).toBe('qc.eventSubmitted');
  const { store } = station.engine.bench;
  const kept = await store.get('settings', `qc.eqa.${eventId}`);
  expect(kept?.syncState).toBe('queued');
  expect(store.auditOf('settings', `qc.eqa.${eventId}`).length).toBeGreaterThan(3);
});

test('the outcome comes from a file, with its faults line by line, and grades every result', async () => {
  const head = 'scheme;event;specimen;test;mean;sd;low;high';
  const line = (at: number, rest: string) => `Example scheme;2026-B;EQ-26B-${at};NA;${rest}`;
  const bad = [head, line(1, 'x;2;;'), line(9, '140;2;;'), line(2, '140;2;136;')].join('\n');
  const outcome = await station.lead.command('qc.import', { kind: 'eqa', text: bad, dryRun: false });
  expect(outcome.done).toBe(false);
  expect(outcome.problems.map((one) => one.line)).toEqual([2, 3, 4]);
  const good = [
    ...[head, line(1, '140;2;136;144'), line(2, '140;2;;'), line(3, '140;2;136;144')],
    ...[line(4, '140;2;136;144'), line(5, '140,0;2;136;144')],
  ].join('\n');
  const dry = await station.lead.command('qc.import', { kind: 'eqa', text: good, dryRun: true });
  expect(dry).toMatchObject({ done: false, taken: 5, problems: [] });
  expect(await event()).toMatchObject({ state: 'submitted' });
  await station.lead.command('qc.import', { kind: 'eqa', text: good, dryRun: false });
  const again = await station.lead.command('qc.import', { kind: 'eqa', text: good, dryRun: false });
  expect(again).toMatchObject({ taken: 0, known: 5 });
  const { items, state, scores, submitted } = await event();
  expect(state).toBe('graded');
  expect(submitted?.holds).toBe(true);
  // By limits; beyond 2 SDI; by limits; no number; nothing submitted.
  const grades = ['acceptable', 'unacceptable', 'acceptable', 'ungraded', 'unacceptable'];
  expect(items.map((one) => one.grade?.outcome)).toEqual(grades);
  expect(scores).toMatchObject([{ score: 0.5, outcome: 'unsatisfactory', unsuccessful: false }]);
});

test('two unsatisfactory of three events of a scheme are told as unsuccessful; four of five is satisfactory', async () => {
  await finished('2026-C', day(11), 'aaaau');
  expect((await event('2026-C')).scores).toMatchObject([
    { score: 0.8, outcome: 'satisfactory', unsuccessful: false },
  ]);
  const id = await finished('2026-D', day(12), 'aaauu');
  expect((await event('2026-D')).scores).toMatchObject([{ outcome: 'unsatisfactory', unsuccessful: true }]);
  expect((await eqaEvent(station.engine.bench.store, id)).outcomeBy).toBe('T. okafor');
});

test('an event past its day is overdue, one of these days is due soon, and they stand before those that have ended', async () => {
  const open = { ...given, eventId: null };
  await station.lead.command('eqa.save', { ...open, name: 'soon', dueOn: day(2) });
  await station.lead.command('eqa.save', { ...open, name: 'late', dueOn: day(-2) });
  const states = (await rows()).map((one) => [one.name, one.state]);
  expect(states.slice(0, 2)).toEqual([
    ['late', 'overdue'],
    ['soon', 'dueSoon'],
  ]);
  expect(states.at(2)).toEqual(['2026-D', 'graded']);
});

test('an event of another station arrives with its submission, and its outcome counts with the events here', async () => {
  const { bench } = station.engine;
  const there = await eqaEvent(bench.store, (await event('2026-D')).id);
  const other = { ...there, id: 'of-another-station', name: '2026-E', dueOn: day(13) };
  const value = { ...other, submitted: { ...there.submitted!, hash: eqaHash(other) } };
  const arrived = {
    there: { ...newBase(`qc.eqa.${value.id}`, new Date().toISOString(), 'onServer'), value },
    ...{ serverId: 'basic-1', versionId: '1', analyser: { there: '', here: '' } },
  };
  const written = await land(bench, 'settings', [arrived as never]);
  expect(written).toBe(1);
  expect(await event('2026-E')).toMatchObject({
    ...{ state: 'graded', submitted: { by: 'T. okafor', holds: true } },
    scores: [{ outcome: 'unsatisfactory', unsuccessful: true }],
  });
});
