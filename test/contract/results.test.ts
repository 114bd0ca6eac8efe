import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type EngineClient, startTestEngine, testStation } from './engine-client.ts';
import { joined, openLaboratory } from './people.ts';

/** What the window is told before a release is what the command then does (V2, V3, V5). */

let engine: Engine;
let tech: EngineClient;
let lead: EngineClient;
let tube = '';

beforeAll(async () => {
  engine = await startTestEngine(
    testStation({ code: 'T1', name: 'Bench 1', timeZone: 'Europe/Dublin', laboratory: { ...LABORATORY } }),
  );
  const admin = await openLaboratory(engine);
  tech = await joined(engine, admin, 'lindqvist', 'technician');
  lead = await joined(engine, admin, 'okafor', 'lead');
  const { patientId } = await tech.command('patient.register', {
    identifier: '44102387',
    familyName: 'Nguyễn',
    givenName: 'Thị Hương',
    sex: 'female',
    birthDate: '1965-03-14',
  });
  const { requisition } = await tech.command('order.enter', {
    patientId,
    catalogCodes: ['LYTES'],
    priority: 'routine',
  });
  const collectedTime = new Date().toISOString();
  await tech.command('accession.draw', { requisition, collector: 'K. Obi', collectedTime });
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  tube = row!.tubes[0]!.accessionIdentifier;
  await tech.command('accession.receive', { accessionIdentifier: tube });
});

afterAll(() => engine?.stop());

const enter = async (testCode: string, valueText: string): Promise<string> =>
  (await tech.command('result.enter', { accessionIdentifier: tube, testCode, valueText })).resultId;
const planFor = async (client: EngineClient, id: string) =>
  (await client.rows('results.plan', { resultIds: [id] }))[0];

test('V5 who entered a value is told that another person releases it', async () => {
  const id = await enter('NA', '140');
  expect(await planFor(tech, id)).toMatchObject({
    outcome: 'stays',
    rules: ['duties'],
    why: 'Who entered it may not release it.',
  });
  expect(await planFor(lead, id)).toMatchObject({ outcome: 'now', rules: [], callPending: false });
});

test('V3 a critical value needs a comment, and its call is due until it is recorded', async () => {
  const id = await enter('K', '6.8');
  expect(await planFor(lead, id)).toMatchObject({ outcome: 'comment', callPending: true });
  const [row] = await lead.rows('results.list', { filter: 'held' });
  expect(row).toMatchObject({ id, callDue: true, rerunAsked: false });
  const [due] = await lead.rows('results.detail', { resultId: id });
  expect(due!.call).toMatchObject({ state: 'due', to: '' });
  const [open] = await lead.rows('tasks.list', { status: 'open' });
  expect(open).toMatchObject({ kind: 'criticalCall', resultId: id });

  await lead.command('result.recordCall', { resultId: id, to: 'Sr Kelly, Ward 6B', readBack: true });
  expect(await planFor(lead, id)).toMatchObject({ outcome: 'comment', callPending: false });
  const [done] = await lead.rows('results.detail', { resultId: id });
  expect(done!.call).toMatchObject({ state: 'done', to: 'Sr Kelly, Ward 6B', by: 'T. okafor' });
  const [ended] = await lead.rows('tasks.list', { status: 'ended' });
  expect(ended).toMatchObject({
    resolvedBy: 'T. okafor',
    resolution: 'Called Sr Kelly, Ward 6B, read back.',
  });
});

test('a result that waits for its rerun stays, and is free again when the rerun is taken back', async () => {
  const id = await enter('CL', '101');
  await lead.command('result.rerun', { resultIds: [id] });
  expect(await planFor(lead, id)).toMatchObject({ outcome: 'stays', rules: ['rerun'] });
  const [asked] = await lead.rows('results.detail', { resultId: id });
  expect(asked).toMatchObject({ rerunAsked: true, rerun: { by: 'T. okafor' } });
  const refused = await lead.command('result.release', { resultIds: [id] });
  expect(refused).toMatchObject({ released: [], stayed: [{ resultId: id }] });
  await lead.command('result.undoRerun', { resultIds: [id] });
  expect(await planFor(lead, id)).toMatchObject({ outcome: 'now' });
});

test('what the plan announces is what the release does; a replaced version counts nowhere', async () => {
  const before = await lead.rows('results.list', { filter: 'toDecide' });
  const plans = await lead.rows('results.plan', { resultIds: before.map((row) => row.id) });
  expect(plans.map((plan) => plan.id)).toEqual(before.map((row) => row.id));
  const outcome = await lead.command('result.release', { resultIds: before.map((row) => row.id) });
  const announced = plans.filter((plan) => plan.outcome === 'now').map((plan) => plan.id);
  expect(new Set(outcome.released)).toEqual(new Set(announced));

  const replaced = await enter('K', '6.9');
  const again = await enter('K', '7.0');
  expect(await planFor(lead, replaced)).toMatchObject({ outcome: 'stays', rules: ['replaced'] });
  const [strip] = await lead.rows('strip', {});
  expect(strip!.badges.results).toBe(1);
  const waiting = await lead.rows('results.list', { filter: 'toDecide' });
  expect(waiting.map((row) => row.id)).toEqual([again]);
});

test('an unknown result is left out of the plan', async () => {
  expect(await lead.rows('results.plan', { resultIds: ['nothing'] })).toEqual([]);
});
