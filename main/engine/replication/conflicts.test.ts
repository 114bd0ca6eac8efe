import { describe, expect, it } from 'vitest';
import type { ResultDoc } from '../../../shared/documents/index.ts';
import { resultMapping } from '../../../shared/fhir/result.ts';
import { conflictFields } from './conflict-fields.ts';
import { decide, raise } from './conflicts.ts';
import { Item } from './item.ts';
import { MemoryStore } from './memory-store.ts';
import type { AnyDoc } from './port.ts';
import { Recorder } from './record.ts';
import type { Settled } from './settle.ts';
import { patientDoc, resultDoc } from './testing.ts';

const at = '2026-07-29T07:00:00.000Z';
const cause = { command: 'sync', actor: 'server' };
const waiting = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;

/** A store with a result of this station, which is on its way to the server, and one that another station entered for the same test. */
class OnItsWay {
  readonly store = new MemoryStore();
  readonly recorder: Recorder;
  readonly item: Item;
  private ids = 0;

  constructor() {
    const { store } = this;
    store.change('results', resultDoc(1, 0, { id: 'mine', ...waiting }));
    const elsewhere = {
      id: 'other',
      extra: { madeAt: 'A1' },
      serverId: 's-other',
      syncState: 'onServer',
    } as const;
    store.change('results', resultDoc(1, 0, { ...elsewhere, ...waiting }));
    this.recorder = new Recorder({ store, now: () => new Date(at), newId: this.newId, say: () => undefined });
    const resource = resultMapping.to(this.mine, { station: 'B2', reference: () => '' });
    const doc = this.mine as unknown as AnyDoc;
    const rest = { serverId: '', versionId: '', main: true, completes: true };
    this.item = new Item({ collection: 'results', doc, resource, ...rest }, Buffer.from('{}'));
  }

  get mine(): ResultDoc {
    return this.store.all('results').find((doc) => doc.id === 'mine')!;
  }

  readonly newId = (): string => {
    this.ids += 1;
    return `new-${this.ids}`;
  };

  /** The other station's result arrives, and a person is asked. */
  async ask(): Promise<void> {
    const there = this.store.all('results').find((doc) => doc.id === 'other') as unknown as AnyDoc;
    const dispute = { reason: 'enteredTwice', why: 'Entered twice', there, versionId: '' } as const;
    await this.store.write(cause, (unit) =>
      raise(unit, 'results', this.mine as unknown as AnyDoc, dispute, at, this.newId),
    );
  }

  async answered(settled: Settled): Promise<void> {
    await this.store.write(cause, (unit) => this.recorder.record(unit, [{ item: this.item, settled }]));
  }

  get open() {
    return this.store.all('tasks').filter((task) => task.status === 'open');
  }
}

describe('a record about which a person is asked while it is on its way to the server', () => {
  it('waits for the person when the server has stored it, and can be decided', async () => {
    const of = new OnItsWay();
    await of.ask();
    await of.answered({ kind: 'done', id: 's-mine', versionId: '1' });
    expect(of.mine).toMatchObject({
      syncState: 'conflict',
      serverId: 's-mine',
      sync: { versionId: '1', why: 'Entered twice' },
    });
    expect(of.open).toHaveLength(1);
    await decide(of.store, 'results', 'mine', [], cause, at, of.newId);
    expect(of.mine).toMatchObject({ syncState: 'queued', current: false, sync: { versionId: '1' } });
    expect(of.open).toEqual([]);
  });

  it('waits for the person when the server has merged it', async () => {
    const of = new OnItsWay();
    await of.ask();
    const there = { ...of.mine, comment: 'Haemolysed', serverId: 's-mine' } as unknown as AnyDoc;
    const { resource } = of.item;
    const verdict = { kind: 'take', doc: there } as const;
    await of.answered({ kind: 'verdict', id: 's-mine', versionId: '2', verdict, there, resource });
    expect(of.mine).toMatchObject({ syncState: 'conflict', comment: 'Haemolysed', sync: { versionId: '2' } });
    expect(of.open).toHaveLength(1);
  });

  it('waits for the person also where nothing of it was left to send', async () => {
    const of = new OnItsWay();
    const { collection, doc } = of.item;
    await of.ask();
    await of.recorder.finish([{ collection, doc }]);
    expect(of.mine).toMatchObject({ syncState: 'conflict', sync: { why: 'Entered twice' } });
    expect(of.open).toHaveLength(1);
  });

  it('is as it was asked when no person was asked: on the server', async () => {
    const of = new OnItsWay();
    await of.answered({ kind: 'done', id: 's-mine', versionId: '1' });
    expect(of.mine).toMatchObject({ syncState: 'onServer', serverId: 's-mine' });
  });
});

describe('a record that a landing of another one changed while it was on its way', () => {
  it('is not put back by the merge of what it was before: it is looked at once more', async () => {
    const of = new OnItsWay();
    const read = { ...of.mine, serverId: 's-mine', comment: 'Haemolysed' } as unknown as AnyDoc;
    // A version that replaces it arrives: no change of its own.
    await of.store.write(cause, async (unit) => unit.put('results', { ...of.mine, current: false }));
    const verdict = { kind: 'take', doc: read } as const;
    const { resource } = of.item;
    await of.answered({ kind: 'verdict', id: 's-mine', versionId: '2', verdict, there: read, resource });
    expect(of.mine).toMatchObject({ current: false, syncState: 'queued' });
  });
});

it.each([
  ['the server that deleted it', 's-1', 'local'],
  ['a server that has taken its place meanwhile, and never had it', '', 'queued'],
])('a record that a person keeps although it was deleted: for %s', async (_, serverId, syncState) => {
  const store = new MemoryStore();
  store.change('patients', patientDoc(1, { serverId }));
  const here = store.all('patients')[0] as unknown as AnyDoc;
  const dispute = { reason: 'deletedAtServer', why: 'Deleted at the server', there: undefined } as const;
  const newId = () => 'new-1';
  await store.write(cause, (unit) =>
    raise(unit, 'patients', here, { ...dispute, versionId: '2' }, at, newId),
  );
  await decide(store, 'patients', here.id, [], cause, at, newId);
  expect(store.all('patients')).toMatchObject([{ syncState, serverId }]);
  expect(store.all('tasks')).toMatchObject([{ status: 'done' }]);
});

it('a decision is of the two values that were seen: when one of them has changed meanwhile, nothing is decided', async () => {
  const store = new MemoryStore();
  store.change('patients', patientDoc(1, { serverId: 's-1' }));
  const newId = () => 'new-1';
  const mine = () => store.all('patients')[0]!;
  const asks = (ward: string, versionId: string) => {
    const there = { ...mine(), ward } as unknown as AnyDoc;
    const dispute = { reason: 'bothChanged', why: 'Both sides changed', there, versionId } as const;
    return store.write(cause, (unit) =>
      raise(unit, 'patients', mine() as unknown as AnyDoc, dispute, at, newId),
    );
  };
  const seen = () => conflictFields(mine(), store.all('tasks')[0]?.payload.server);
  await asks('9B', '2');
  const first = seen();
  expect(first.find(({ name }) => name === 'ward')).toMatchObject({ here: '3C', server: '9B' });
  await asks('Surgery', '3');
  const decideOn = (fields: typeof first) => decide(store, 'patients', 'pat-1', [], cause, at, newId, fields);
  await expect(decideOn(first)).rejects.toMatchObject({ code: 'sync.changed' });
  expect(mine()).toMatchObject({ ward: '3C', syncState: 'conflict' });
  await decideOn(seen());
  expect(mine()).toMatchObject({ ward: 'Surgery', syncState: 'queued' });
});
