import type { Task } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { claimToTask } from '../../shared/fhir/claim.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY, laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import { EngineClient, startTestEngine, testStation } from './engine-client.ts';

/** Station B2 works on a tube of station A1: A1 shows who and since when, refuses a second hand, and can take it over. */

let server: FhirServer;
let engine: Engine;
let tech: EngineClient;
let specimenId = '';
let number = '';

/** What station B2 tells the server. */
function elsewhere(held: boolean): void {
  const at = new Date().toISOString();
  const claim = {
    ...{ collection: 'specimens' as const, docId: specimenId, station: 'B2', since: at },
    ...{ personId: 'person-okafor', name: 'Sam Okafor' },
  };
  const known = server.control.all('Task').find((one) => JSON.stringify(one).includes('urn:levey:claim'));
  const task = claimToTask(claim, held, at) as unknown as Resource;
  server.control.put(known === undefined ? task : { ...task, id: known.id });
}

const claimTask = (): Task | undefined =>
  (server.control.all('Task') as unknown as Task[]).find((one) =>
    one.identifier?.some((id) => id.system === 'urn:levey:claim'),
  );

/** Looks again and again until it is so. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  server = await createFhirServer({ seed: 3 });
  const lab = laboratory({ day: '2026-07-29', patients: 2, requisitions: 1 });
  server.control.load(resourcesFrom({ catalog: lab.catalog, patients: lab.patients }));
  engine = await startTestEngine(
    testStation({
      ...{ code: 'A1', name: 'Bench 1', laboratory: { ...LABORATORY }, separationOfDuties: false },
      server: { url: server.url, pullSeconds: 1 },
    }),
  );
  tech = new EngineClient(engine, 'w');
  await tech.command('access.setUp', {
    ...{ laboratory: LABORATORY.name, address: LABORATORY.address, name: 'Maja Lindqvist' },
    ...{ username: 'lindqvist', secret: 'correct horse battery', pin: '2580' },
  });
  const person = (await engine.bench.store.find('people', { selector: {} }))[0]!;
  await engine.bench.store.write(
    { actor: 'test', command: 'seed', station: 'A1', at: new Date().toISOString() },
    async (unit) => unit.put('people', { ...person, roles: [...person.roles, 'technician'] }, { sync: true }),
  );
  const known = async () => (await engine.bench.store.find('patients', { selector: {} }))[0];
  await until(async () => (await known()) !== undefined && engine.bench.catalog.test('K') !== undefined);
  const { requisition } = await tech.command('order.enter', {
    ...{ patientId: (await known())!.id, catalogCodes: ['K'], priority: 'routine' },
  });
  const { specimenIds } = await tech.command('accession.draw', {
    ...{ requisition, collector: 'K. Obi', collectedTime: new Date().toISOString() },
  });
  [specimenId = ''] = specimenIds;
  number = (await engine.bench.store.get('specimens', specimenId))!.accessionIdentifier;
  await tech.command('accession.receive', { accessionIdentifier: number });
}, 90_000);

afterAll(async () => {
  await engine?.stop();
  await server?.stop();
});

test('a tube worked on at another station is shown with who and since when; a value for it is refused here, until it is taken over', async () => {
  elsewhere(true);
  const [row] = await tech.rows('claims.list', {}, (rows) => rows.length === 1);
  expect(row).toMatchObject({ docId: specimenId, station: 'B2', name: 'Sam Okafor', here: false });
  const refused = await tech.refusal('result.enter', {
    ...{ accessionIdentifier: number, testCode: 'K', valueText: '4.1' },
  });
  expect(refused).toMatchObject({ code: 'claim.held', safe: 'Nothing was changed.' });
  expect(refused.what).toMatch(/ is being worked on at B2 by Sam Okafor, since /);
  expect(await tech.refusal('claim.take', { collection: 'specimens', docId: specimenId })).toMatchObject({
    code: 'claim.held',
  });

  await tech.command('claim.take', { collection: 'specimens', docId: specimenId, takeOver: true });
  await tech.command('result.enter', { accessionIdentifier: number, testCode: 'K', valueText: '4.1' });
  await expect.poll(() => claimTask()?.owner?.identifier?.value, { timeout: 15_000 }).toBe('A1');
  expect(claimTask()).toMatchObject({ status: 'in-progress', owner: { display: 'Maja Lindqvist' } });
  expect(server.stats().duplicates).toEqual([]);
  const audited = engine.bench.store.auditTail(200).map((entry) => JSON.stringify(entry));
  expect(audited.some((entry) => entry.includes('claim taken over'))).toBe(true);
}, 60_000);

test('what a person decides on a result is kept by the claim on its tube too: release, reject, rerun, comment, correction; taken over, it goes', async () => {
  const [standing] = await engine.bench.store.find('results', {
    selector: { accessionIdentifier: { $eq: number } },
  });
  const resultId = standing!.id;
  elsewhere(true);
  await tech.rows('claims.list', {}, (rows) => rows[0]?.here === false);
  const [plan] = await tech.rows('results.plan', { resultIds: [resultId] }, (rows) => rows.length === 1);
  expect(plan).toMatchObject({ outcome: 'stays', rules: ['claim'] });
  expect(plan!.why).toBe('Its specimen is being worked on at B2 by Sam Okafor: take it over first.');
  const held = { code: 'claim.held', safe: 'Nothing was changed.', todo: 'Wait, or take it over.' };
  expect(await tech.refusal('result.release', { resultIds: [resultId], comment: 'seen' })).toMatchObject(
    held,
  );
  expect(await tech.refusal('result.reject', { resultId, reason: 'clot' })).toMatchObject(held);
  expect(await tech.refusal('result.rerun', { resultIds: [resultId] })).toMatchObject(held);
  expect(await tech.refusal('result.comment', { resultId, comment: 'seen' })).toMatchObject(held);
  // It may be sent meanwhile: nothing else of it changes.
  const { serverId: _id, syncState: _state, sync: _sync, ...content } = standing!;
  expect(await engine.bench.store.get('results', resultId)).toMatchObject(content);

  await tech.command('claim.take', { collection: 'specimens', docId: specimenId, takeOver: true });
  await tech.rows('results.plan', { resultIds: [resultId] }, (rows) => rows[0]?.outcome !== 'stays');
  expect(await tech.command('result.release', { resultIds: [resultId], comment: 'seen' })).toEqual({
    released: [resultId],
    stayed: [],
  });
  await expect.poll(() => claimTask()?.owner?.identifier?.value, { timeout: 15_000 }).toBe('A1');
  elsewhere(true);
  await tech.rows('claims.list', {}, (rows) => rows[0]?.here === false);
  const correction = { resultId, valueText: '4.4', reason: 'misread' };
  expect(await tech.refusal('result.correct', correction)).toMatchObject(held);
  await tech.command('claim.take', { collection: 'specimens', docId: specimenId, takeOver: true });
  await expect.poll(() => claimTask()?.owner?.identifier?.value, { timeout: 15_000 }).toBe('A1');
}, 60_000);

test('a claim that is taken over elsewhere is written down here; one that is given back lets this station work again', async () => {
  elsewhere(true);
  await tech.rows('claims.list', {}, (rows) => rows[0]?.here === false);
  const audited = engine.bench.store.auditTail(200).map((entry) => JSON.stringify(entry));
  expect(audited.some((entry) => entry.includes('claim lost'))).toBe(true);
  elsewhere(false);
  await tech.rows('claims.list', {}, (rows) => rows.length === 0);
  await tech.command('claim.take', { collection: 'specimens', docId: specimenId });
}, 60_000);
