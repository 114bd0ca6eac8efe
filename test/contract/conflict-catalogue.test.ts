import type { ObservationDefinition } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { resultDoc } from '../../main/engine/replication/testing.ts';
import { laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** The catalogue changed at the server while a run is under way. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

async function withCatalogue(): Promise<Conflict> {
  const scene = await conflict();
  const catalog = laboratory({ day: '2026-07-29' }).catalog.filter(
    (entry) => entry.code === 'GLU' || entry.code === 'SER',
  );
  scene.server.control.load(resourcesFrom({ catalog }));
  await scene.until(() => scene.store.all('catalog').length === catalog.length);
  await scene.round();
  return scene;
}

const glucose = (at: Conflict) => at.store.all('catalog').find((entry) => entry.code === 'GLU')!;
const there = (at: Conflict) =>
  at.there<ObservationDefinition>('ObservationDefinition', glucose(at).serverId);

test('the catalogue changed under a run: new results go by the new entry, what was judged before keeps its range and reasons (V4)', async () => {
  of = await withCatalogue();
  await of.unplug();
  of.store.change('results', resultDoc(1, 1, { testCode: 'GLU', verdict: 'ready', status: 'preliminary' }));
  const before = of.store.all('results');
  const changed = there(of);
  of.put({ ...changed, preferredReportName: 'Glucose (plasma)' });
  await of.plug();
  await of.until(() => glucose(of!).name === 'Glucose (plasma)');
  expect(glucose(of)).toMatchObject({ syncState: 'onServer' });
  for (const result of of.store.all('results')) {
    const was = before.find((doc) => doc.id === result.id)!;
    expect(result).toMatchObject({ range: was.range, because: was.because, testName: was.testName });
    expect(result).toMatchObject({ ruleSetVersion: was.ruleSetVersion, interpretation: was.interpretation });
    expect(result.syncState).toBe('onServer');
  }
  expect(of.store.all('tasks')).toEqual([]);
});

test('an entry changed on both sides waits for a person with both versions; the bench goes on with its own meanwhile', async () => {
  of = await withCatalogue();
  await of.unplug();
  of.store.change('catalog', { ...glucose(of), name: 'Glucose here' });
  of.put({ ...there(of), preferredReportName: 'Glucose there' });
  await of.plug();
  expect(glucose(of)).toMatchObject({ name: 'Glucose here', syncState: 'conflict' });
  expect(there(of).preferredReportName).toBe('Glucose there');
  const task = of.store.all('tasks').find((one) => one.status === 'open');
  expect(task).toMatchObject({ reason: 'bothChanged' });
  expect(task!.payload).toMatchObject({ here: { name: 'Glucose here' }, server: { name: 'Glucose there' } });
  await of.replication.decide('catalog', glucose(of).id, [], DECIDER);
  await of.plug();
  expect(glucose(of)).toMatchObject({ name: 'Glucose there', syncState: 'onServer' });
});
