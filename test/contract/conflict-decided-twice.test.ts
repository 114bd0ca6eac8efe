import type { DiagnosticReport } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { MemoryStore } from '../../main/engine/replication/memory-store.ts';
import {
  begin,
  putSpecimen,
  reportDoc,
  resultDoc,
  type Scene,
} from '../../main/engine/replication/testing.ts';
import type { ResultDoc } from '../../shared/documents/index.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { DECIDER } from './conflict-fixture.ts';

/** One test of one tube entered at three stations, and what people there decide without knowing of each other. */

const waiting = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;
const values = { A1: '5.10', B1: '6.20', C1: '7.30' } as const;
type Code = keyof typeof values;
const codes = Object.keys(values) as Code[];
const idAt = (code: Code) => `res-${code}`;

class Laboratory {
  readonly server: FhirServer;
  readonly stations: ReadonlyMap<Code, Scene<FhirServer>>;

  constructor(server: FhirServer) {
    this.server = server;
    this.stations = new Map(codes.map((code) => [code, begin(server, new MemoryStore(), { station: code })]));
  }

  at(code: Code): Scene<FhirServer> {
    return this.stations.get(code)!;
  }

  results(code: Code): ResultDoc[] {
    return this.at(code).store.all('results');
  }

  unplug(): Promise<void> {
    return this.server.control.set({ down: 'refuse' });
  }

  /** Plugs in; resolves when nothing has changed at the server over whole rounds of all stations. */
  async plug(): Promise<void> {
    await this.server.control.set({ down: 'no' });
    for (let quiet = 0; quiet < 2; ) {
      const before = this.server.stats().versions;
      for (const scene of this.stations.values()) {
        for (let n = 0; n < 2; n += 1) {
          const last = scene.replication.status().lastSyncAt;
          scene.replication.now();
          await scene.until(() => scene.replication.status().lastSyncAt > last);
        }
      }
      quiet = this.server.stats().versions === before ? quiet + 1 : 0;
    }
  }

  /** A person at a station decides: for what is there, or for the other. */
  decide(code: Code, side: 'here' | 'other'): Promise<void> {
    const keep = side === 'here' ? ['value'] : [];
    return this.at(code).replication.decide('results', idAt(code), keep, DECIDER);
  }

  isAsked(code: Code): boolean {
    return this.results(code).some((doc) => doc.id === idAt(code) && doc.syncState === 'conflict');
  }

  async end(): Promise<void> {
    for (const scene of this.stations.values()) await scene.replication.stop();
    await this.server.stop();
  }
}

let of: Laboratory | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

/** A laboratory where each of three stations has entered its own value while it was alone, and all have met since. */
async function enteredThrice(): Promise<Laboratory> {
  const lab = new Laboratory(await createFhirServer({ seed: 5 }));
  of = lab;
  const { store } = lab.at('A1');
  putSpecimen(store, 1);
  lab.at('A1').replication.wake();
  await lab.plug();
  await lab.unplug();
  for (const code of codes) {
    const patient = lab.at(code).store.all('patients')[0]!;
    const more = { id: idAt(code), patientId: patient.id, sourceKey: `key-${code}`, ...waiting };
    const value = { text: values[code], kind: 'quantity', number: Number(values[code]), unit: 'mmol/L' };
    lab.at(code).store.change('results', resultDoc(1, 0, { ...more, value } as Partial<ResultDoc>));
  }
  await lab.plug();
  return lab;
}

const choices = ['here', 'other'] as const;
const pairs = choices.flatMap((atB) => choices.map((atC) => [atB, atC] as const));

test.each(pairs)(
  'a result entered at three stations, decided at two that do not see each other (%s, %s): one and the same result stands at all three',
  async (atB, atC) => {
    const lab = await enteredThrice();
    expect(codes.map((code) => lab.isAsked(code))).toEqual([false, true, true]);
    await lab.unplug();
    await lab.decide('B1', atB);
    await lab.decide('C1', atC);
    await lab.plug();
    // Who did not know of a third result when it was decided is asked about that one, once more.
    for (let turn = 0; turn < 2 && codes.some((code) => lab.isAsked(code)); turn += 1) {
      for (const code of codes) if (lab.isAsked(code)) await lab.decide(code, 'here');
      await lab.plug();
    }
    const told = codes.map((code) =>
      lab.results(code).map(({ id, current, verdict, syncState }) => ({ id, current, verdict, syncState })),
    );
    for (const one of told) one.sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    expect(told[0]!.filter((one) => one.current)).toHaveLength(1);
    expect(told[0]!.every((one) => one.syncState === 'onServer')).toBe(true);
    expect(codes.map((code) => lab.isAsked(code))).toEqual([false, false, false]);
    for (const code of codes)
      expect(
        lab
          .at(code)
          .store.all('tasks')
          .filter((task) => task.status === 'open'),
      ).toEqual([]);
    expect(lab.server.stats().duplicates).toEqual([]);
  },
);

test('an unsigned report goes up without a result that waits for a person, and once more with it; a signed one waits for the decision', async () => {
  const lab = await enteredThrice();
  await lab.unplug();
  const { store, replication } = lab.at('C1');
  const mine = lab.results('C1').find((doc) => doc.id === 'res-C1')!;
  // As it is where the question came before the result was ever sent.
  const unsent = {
    ...mine,
    id: 'res-D',
    sourceKey: 'key-D',
    accessionIdentifier: 'B2A00000009X',
    serverId: '',
  };
  store.change('results', {
    ...unsent,
    syncState: 'queued',
    sync: { ...mine.sync, versionId: '', sentChange: 0 },
  });
  const other = lab.results('A1').find((doc) => doc.id === 'res-A1')!;
  lab.at('A1').store.change('results', {
    ...other,
    ...{ id: 'res-AD', sourceKey: 'key-AD', accessionIdentifier: 'B2A00000009X', serverId: '' },
    ...{ syncState: 'queued', sync: { ...other.sync, versionId: '', sentChange: 0 } },
  });
  const names = { patientId: mine.patientId, resultIds: ['res-D'] };
  const open = { state: 'incomplete', status: 'partial', signature: null, issuedTime: '' } as const;
  store.change(
    'reports',
    reportDoc(1, { ...names, ...open, requisition: 'REQ-1', orderIds: [], specimenIds: [] }),
  );
  store.change(
    'reports',
    reportDoc(2, { ...names, requisition: 'REQ-1', version: 2, orderIds: [], specimenIds: [] }),
  );
  store.pdfs.set('rep-2', new TextEncoder().encode('%PDF-1.7'));
  // The question first: what the other station has must arrive before mine goes.
  store.change('results', {
    ...store.all('results').find((doc) => doc.id === 'res-D')!,
    ...{ syncState: 'conflict', sync: { ...mine.sync, versionId: '', sentChange: 0, why: 'asked' } },
  });
  await lab.plug();
  const report = (id: string) =>
    (lab.server.control.all('DiagnosticReport') as unknown as DiagnosticReport[]).find((one) =>
      one.identifier?.some((identifier) => identifier.value === id),
    );
  expect(report('rep-1')).toBeDefined();
  expect(report('rep-1')?.result).toEqual([{ identifier: { system: 'urn:levey:id', value: 'res-D' } }]);
  expect(report('rep-2')).toBeUndefined();
  await replication.decide('results', 'res-D', ['value'], DECIDER);
  await lab.plug();
  const { serverId } = store.all('results').find((doc) => doc.id === 'res-D')!;
  expect(report('rep-1')?.result).toEqual([{ reference: `Observation/${serverId}` }]);
  expect(report('rep-2')?.result).toEqual([{ reference: `Observation/${serverId}` }]);
});
