import type { Patient } from 'fhir/r4';
import { afterEach, describe, expect, it } from 'vitest';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import type { ReplicationConfig } from './contract.ts';
import { MemoryStore } from './memory-store.ts';
import { type Scene as AnyScene, begin as beginScene, patientDoc, putCase } from './testing.ts';

type Scene = AnyScene<FhirServer>;
let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

/** A station that polls once an hour: what comes sooner was told by the server. */
async function begin(
  options: FhirServerOptions = {},
  config: Partial<ReplicationConfig> = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: 1, ...options });
  current = beginScene(server, new MemoryStore(), {
    config: { websocket: true, pullEveryMs: 3_600_000, ...config },
  });
  return current;
}

const subscribed = (of: Scene) => of.until(() => of.server.stats().websockets.listeners === 6);
const give = (of: Scene, id: string) => {
  const patient: Patient = {
    resourceType: 'Patient',
    id,
    identifier: [{ value: id }],
    name: [{ family: id }],
  };
  of.server.control.put(patient as unknown as Resource);
};
const came = (of: Scene, id: string) =>
  of.until(() => of.store.all('patients').some((patient) => patient.id === id));

describe('the websocket as a wake-up', () => {
  it('fetches at once what the server says has changed', async () => {
    const of = await begin();
    await subscribed(of);
    give(of, 'told');
    await came(of, 'told');
  });

  it('V3 is told of a call recorded elsewhere, and of no other task', async () => {
    const of = await begin();
    putCase(of.store, 1);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    await subscribed(of);
    const { serverId } = of.store.all('results')[0]!;
    const field = (code: string) => ({ type: { coding: [{ system: SYSTEM.taskField, code }] } });
    const task = (kind: string) => ({
      ...{ resourceType: 'Task', id: kind, status: 'completed', intent: 'order' },
      meta: { tag: [{ system: SYSTEM.station, code: 'A1' }] },
      identifier: [{ system: SYSTEM.id, value: kind }],
      groupIdentifier: { system: SYSTEM.sourceKey, value: 'call:res-1-0' },
      code: { coding: [{ system: SYSTEM.taskKind, code: kind }] },
      authoredOn: '2026-07-29T06:10:00.000Z',
      input: [{ ...field('result'), valueReference: { reference: `Observation/${serverId}` } }],
    });
    for (const kind of ['rerun', 'criticalCall']) of.server.control.put(task(kind) as unknown as Resource);
    await of.until(() => of.store.all('tasks').length === 1);
    expect(of.store.all('tasks')).toMatchObject([
      { id: 'criticalCall', status: 'done', resultId: 'res-1-0', createdAt: '2026-07-29T06:10:00.000Z' },
    ]);
  });

  it('loses nothing with the line: what was missed comes with the next poll, and the line is opened again', async () => {
    const of = await begin({}, { pullEveryMs: 300 });
    await subscribed(of);
    await of.server.control.set({ websocket: false });
    of.server.control.dropWebsockets();
    give(of, 'missed');
    await came(of, 'missed');
    await of.server.control.set({ websocket: true });
    await of.restart({ pullEveryMs: 3_600_000 });
    await subscribed(of);
    of.server.control.dropWebsockets();
    await of.until(() => of.server.stats().websockets.listeners === 0);
    await subscribed(of);
    give(of, 'again');
    await came(of, 'again');
  });

  it('says once that a server offers none, and polls it', async () => {
    const of = await begin({ switches: { websocket: false } }, { pullEveryMs: 100 });
    give(of, 'polled');
    await came(of, 'polled');
    const said = () => of.replication.events().filter((event) => event.text.includes('no websocket'));
    await of.until(() => said().length === 1);
  });

  it('is not woken by the echo of what it sent itself', async () => {
    const of = await begin();
    await subscribed(of);
    await of.until(() => of.replication.status().lastSyncAt !== '');
    const searches = () => of.server.stats().requests.search ?? 0;
    const before = searches();
    putCase(of.store, 1);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    // What another writes afterwards is told after the echoes.
    give(of, 'later');
    await came(of, 'later');
    const round = 10 + 9;
    expect(searches() - before).toBeLessThanOrEqual(2 * round);
  });

  it('closes the line while a long queue goes out, and asks for what it missed', async () => {
    const of = await begin();
    await subscribed(of);
    of.replication.pause(true);
    for (let n = 0; n < 3_000; n++) of.store.change('patients', patientDoc(n));
    of.replication.pause(false);
    await of.until(() => of.server.stats().websockets.listeners === 0);
    give(of, 'meanwhile');
    await of.until(async () => (await of.store.countQueued()) === 0);
    await subscribed(of);
    await came(of, 'meanwhile');
  });
});
