/** V3: the Communication of a critical call at the server says every call that was recorded, in whatever order stations write it. */
import type { Bundle, Communication, Task } from 'fhir/r4';
import { afterEach, describe, expect, it } from 'vitest';
import type { TaskDoc } from '../../../shared/documents/index.ts';
import { newTask } from '../../../shared/documents/task.ts';
import { callsOf } from '../../../shared/domain/critical-call.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import { type AnyResource, stationOf } from '../../../shared/fhir/mapping.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import { MemoryStore } from './memory-store.ts';
import {
  type Scene as AnyScene,
  begin as beginScene,
  orderDoc,
  patientDoc,
  resultDoc,
  specimenDoc,
} from './testing.ts';

type Scene = AnyScene<FhirServer>;
type Switches = NonNullable<FhirServerOptions['switches']>;

const scenes: Scene[] = [];
afterEach(async () => {
  for (const one of scenes.splice(0)) await one.end();
});

const AT = '2026-07-29T06:00:00.000Z';
const key = { sourceKey: 'call:res-1-0', resultId: 'res-1-0', patientId: 'pat-1' };
const due = newTask('call-1', AT, 'criticalCall', {
  ...key,
  summary: 'Glucose 5.40',
  reason: 'criticalValue',
});
/** No Communication gets to the server; everything else does. */
const HELD = { conflict: { probability: 1, methods: ['POST', 'PUT'], types: ['Communication'] } };

/** The call as it is once it was recorded, first at one station and then, without knowing of it, at others. */
function called(doc: TaskDoc, first: [string, string], ...others: [string, string][]): TaskDoc {
  const by = ([station, to]: [string, string]) => ({
    to,
    readBack: true,
    note: '',
    by: 'T.',
    at: AT,
    station,
  });
  const resolution = `Called ${first[1]}, read back.`;
  const also = others.length === 0 ? {} : { also: others.map(by) };
  return {
    ...{ ...doc, status: 'done', resolution, resolvedBy: `T. ${first[0]}`, resolvedAt: AT },
    payload: { ...by(first), ...also },
  };
}

const byrne: [string, string] = ['A1', 'Sr Byrne'];
const nolan: [string, string] = ['B2', 'Dr Nolan'];

/** Station B2 with a critical value whose call is due, at the server with its Communication. */
async function begin(pull: 'often' | 'never', switches: Switches = {}): Promise<Scene> {
  const server = await createFhirServer({ switches: { websocket: false, ...switches } });
  const config = { pullEveryMs: pull === 'often' ? 50 : 600_000 };
  const of = beginScene(server, new MemoryStore(), { config });
  scenes.push(of);
  of.store.change('patients', patientDoc(1));
  of.store.change('orders', orderDoc(1));
  of.store.change('specimens', specimenDoc(1));
  of.store.change('results', resultDoc(1));
  of.store.change('tasks', due);
  await drained(of);
  expect(said(of)).toMatchObject({ status: 'in-progress' });
  return of;
}

const call = (of: Scene): TaskDoc => of.store.all('tasks')[0]!;
const taskThere = (of: Scene) => of.server.control.all('Task')[0] as unknown as Task;
const names = (of: Scene) => callsOf(call(of)).map(({ to }) => to);

/** The one Communication the server has. */
function said(of: Scene): Communication {
  const all = of.server.control.all('Communication') as unknown as Communication[];
  expect(all).toHaveLength(1);
  return all[0]!;
}

/** Codes of the stations that wrote its versions, in their order. */
async function writers(of: Scene): Promise<(string | undefined)[]> {
  const answer = await fetch(`${of.server.url}/Communication/${said(of).id}/_history`);
  const { entry = [] } = (await answer.json()) as Bundle;
  const versions = entry.flatMap(({ resource }) => (resource === undefined ? [] : [resource as AnyResource]));
  return versions.map(stationOf).toReversed();
}

const words = (of: Scene): string => JSON.stringify(said(of).payload);

function record(of: Scene, doc: TaskDoc): void {
  of.store.change('tasks', doc);
  of.replication.wake();
}

async function drained(of: Scene): Promise<void> {
  of.replication.wake();
  await of.until(async () => (await of.store.countQueued()) === 0);
}

/** Another station writes the Task of the call, its Communication, or both. */
function elsewhere(of: Scene, doc: TaskDoc, ...types: ('Task' | 'Communication')[]): void {
  const about = { Task: taskThere(of), Communication: said(of) };
  const context = {
    station: 'A1',
    reference: (to: string, id: string) => {
      const known = to === 'tasks' ? [call(of)] : of.store.all(to as 'patients' | 'results');
      const type = { tasks: 'Task', patients: 'Patient', results: 'Observation' }[to] ?? '';
      return `${type}/${known.find((one) => one.id === id)?.serverId ?? ''}`;
    },
  };
  for (const made of resourcesOf('tasks', doc, context)) {
    const type = types.find((name) => name === made.resourceType);
    if (type !== undefined) of.server.control.put({ ...made, id: about[type].id } as unknown as Resource);
  }
}

describe.each<{ name: string; switches: Switches }>([
  { name: 'a server that keeps versions apart', switches: {} },
  {
    name: 'a server where a write that changes nothing is a version',
    switches: { identicalPut: 'newVersion' },
  },
])('$name', ({ switches }) => {
  it.each(['often', 'never'] as const)(
    'V3 what another station wrote of both calls is not written over by the one that knows of its own (news come: %s)',
    async (pull) => {
      const of = await begin(pull, switches);
      await of.server.control.set(HELD);
      record(of, called(call(of), nolan));
      await of.until(() => taskThere(of).status === 'completed');
      elsewhere(of, called(call(of), nolan, byrne), 'Task', 'Communication');
      if (pull === 'often') await of.until(() => names(of).length === 2);
      await of.server.control.set({ conflict: 0 });
      await drained(of);
      expect(names(of)).toEqual(['Dr Nolan', 'Sr Byrne']);
      expect(words(of)).toContain('Dr Nolan');
      expect(words(of)).toContain('Sr Byrne');
      expect(await writers(of)).toEqual(['B2', 'A1']);
    },
  );

  it('V3 a Communication written over that of another station is written once more when its call arrives', async () => {
    const of = await begin('often', switches);
    record(of, called(call(of), nolan));
    await drained(of);
    expect(words(of)).not.toContain('Sr Byrne');
    elsewhere(of, called(call(of), nolan, byrne), 'Task');
    await of.until(() => words(of).includes('Sr Byrne'));
    await drained(of);
    expect(words(of)).toContain('Dr Nolan');
    const { versions } = of.server.stats();
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
    expect(of.server.stats().versions).toBe(versions);
  });

  it('V3 a Communication of a call that was due does not stay so over one that was recorded elsewhere', async () => {
    const of = await begin('often', switches);
    elsewhere(of, called(call(of), byrne), 'Task');
    await of.until(() => said(of).status === 'completed');
    await drained(of);
    expect(words(of)).toContain('Sr Byrne');
  });

  it('V3 a call written at the server while this one is on its way is in both, whichever was first', async () => {
    const of = await begin('often', switches);
    await of.server.control.set({ ...HELD, down: 'refuse' });
    record(of, called(call(of), nolan));
    elsewhere(of, called(call(of), byrne), 'Task', 'Communication');
    await of.server.control.set({ down: 'no' });
    await of.until(() => names(of).length === 2 && JSON.stringify(taskThere(of)).includes('Dr Nolan'));
    await of.server.control.set({ conflict: 0 });
    await drained(of);
    expect(names(of)).toEqual(['Sr Byrne', 'Dr Nolan']);
    expect(words(of)).toContain('Dr Nolan');
    expect(words(of)).toContain('Sr Byrne');
  });
});

it('V3 a call counts as waiting until its Communication is at the server, although its Task is there and changed there since', async () => {
  const of = await begin('often');
  await of.server.control.set(HELD);
  record(of, called(call(of), nolan));
  await of.until(() => taskThere(of).status === 'completed');
  await of.until(() => call(of).sync.sentChange === call(of).change);
  const there = taskThere(of);
  of.server.control.put({ ...there, businessStatus: { text: 'seen' } } as unknown as Resource);
  const changed = taskThere(of).meta?.versionId;
  await of.until(() => call(of).sync.versionId === changed);
  expect(await of.store.countQueued()).toBe(1);
  expect(said(of).status).toBe('in-progress');
  await of.server.control.set({ conflict: 0 });
  await drained(of);
  expect(said(of)).toMatchObject({ status: 'completed', sender: { display: 'T. B2' } });
  expect(taskThere(of)).toMatchObject({ businessStatus: { text: 'seen' } });
});
