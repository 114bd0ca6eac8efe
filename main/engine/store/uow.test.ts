import type { RxDatabase } from 'rxdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeveyDatabase } from './sqlite/database.ts';
import {
  newDirectory,
  openRx,
  openTest,
  type TestCollections,
  type Thing,
  testContext,
  thing,
} from './sqlite/testing.ts';
import { verifyAudit } from './sqlite/verify.ts';
import { CommandQueue } from './uow.ts';

type Docs = { patients: Thing; results: Thing; reports: Thing };

describe('unit of work', () => {
  let place: ReturnType<typeof newDirectory>;
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;
  let queue: CommandQueue<Docs>;

  beforeEach(async () => {
    place = newDirectory();
    database = openTest(place.directory);
    rx = await openRx(database);
    queue = new CommandQueue<Docs>(database);
  });

  afterEach(async () => {
    await rx.close();
    database.close();
    place.remove();
  });

  it('stores what it puts, once, and live queries and caches see it', async () => {
    const seen: string[][] = [];
    const live = rx.patients
      .find({ sort: [{ name: 'asc' }] })
      .$.subscribe((documents) => seen.push(documents.map((d) => d.name)));
    await rx.patients.insert(thing('a', 'Ada'));
    const told: string[] = [];
    await queue.write(testContext, (uow) => {
      const a = uow.get('patients', 'a') as Thing;
      uow.put('patients', { ...a, name: 'Berta' });
      uow.put('patients', thing('b', 'Carl'));
      expect(uow.get('patients', 'b')?.name).toBe('Carl');
      uow.afterCommit(() => told.push('after'));
      expect(told).toEqual([]);
    });
    expect(told).toEqual(['after']);
    const now = await rx.patients.find({ sort: [{ name: 'asc' }] }).exec();
    expect(now.map((d) => d.name)).toEqual(['Berta', 'Carl']);
    expect(seen.at(-1)).toEqual(['Berta', 'Carl']);
    expect((await rx.patients.findOne('a').exec())?.revision.startsWith('2-')).toBe(true);
    live.unsubscribe();
  });

  it('replaces what was read before only while it is what is stored, in the same words as every other write', async () => {
    const put = (name: string) => queue.write(testContext, (uow) => uow.put('patients', thing('a', name)));
    const read = () => database.instance('patients').read('a') as never;
    await put('Ada');
    const stored = read();
    expect(
      await queue.write(testContext, (uow) => uow.replace('patients', stored, thing('a', 'Berta'))),
    ).toBe(true);
    expect((await rx.patients.findOne('a').exec())?.toJSON()).toEqual(thing('a', 'Berta'));
    const [first, second] = database.auditOf('patients', 'a');
    expect([first?.op, second?.op, second?.changes]).toEqual([
      ...['insert', 'update'],
      { name: { before: 'Ada', after: 'Berta' } },
    ]);
    // Read before it was replaced.
    expect(await queue.write(testContext, (uow) => uow.replace('patients', stored, thing('a', 'Carl')))).toBe(
      false,
    );
    // Written before in the same unit, and in a unit before it under the same COMMIT.
    const again = read();
    const taken = await Promise.all([
      queue.write(testContext, (uow) => {
        uow.put('patients', thing('a', 'Dora'));
        return uow.replace('patients', again, thing('a', 'Carl'));
      }),
      queue.write(testContext, (uow) => uow.replace('patients', again, thing('a', 'Emil'))),
    ]);
    expect(taken).toEqual([false, false]);
    expect((await rx.patients.findOne('a').exec())?.name).toBe('Dora');
    // A unit after it reads what it wrote.
    const newest = read();
    const seen = await Promise.all([
      queue.write(testContext, (uow) => uow.replace('patients', newest, thing('a', 'Fritz'))),
      queue.write(testContext, (uow) => uow.get('patients', 'a')?.name),
    ]);
    expect(seen).toEqual([true, 'Fritz']);
    // With the fields that may differ the audit trail says the same, also when more is put on top in the same unit.
    const last = read();
    await queue.write(testContext, (uow) =>
      uow.replace('patients', last, thing('a', 'Gerd'), ['name', 'id']),
    );
    const latest = read();
    await queue.write(testContext, (uow) => {
      uow.replace('patients', latest, thing('a', 'Hans'), ['name']);
      uow.put('patients', { ...thing('a', 'Ida'), more: 1 } as Thing);
    });
    expect(
      database
        .auditOf('patients', 'a')
        .slice(-2)
        .map(({ changes }) => changes),
    ).toEqual([
      { name: { before: 'Fritz', after: 'Gerd' } },
      { name: { before: 'Gerd', after: 'Ida' }, more: { after: 1 } },
    ]);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('writes nothing and emits nothing when it throws', async () => {
    const events: string[] = [];
    const sub = rx.patients.$.subscribe((event) => events.push(event.documentId));
    const head = database.audits.head.seq;
    await expect(
      queue.write(testContext, (uow) => {
        uow.put('patients', thing('a'));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await rx.patients.count().exec()).toBe(0);
    expect(events).toEqual([]);
    expect(database.audits.head.seq).toBe(head);
    sub.unsubscribe();
  });

  it('overlays find results with its own writes, in order, with skip and limit', async () => {
    for (const [id, count] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ] as const)
      await rx.results.insert(thing(id, 'x', count));
    await queue.write(testContext, (uow) => {
      uow.put('results', thing('b', 'x', 9));
      uow.put('results', thing('e', 'x', 0));
      uow.remove('results', 'c');
      const ids = (query: object) => uow.find('results', query).map((d) => d.id);
      expect(ids({ selector: { name: 'x' }, sort: [{ count: 'asc' }] })).toEqual(['e', 'a', 'd', 'b']);
      expect(ids({ selector: { name: 'x' }, sort: [{ count: 'desc' }], limit: 2 })).toEqual(['b', 'd']);
      expect(ids({ selector: { name: 'x' }, sort: [{ count: 'asc' }], skip: 1, limit: 2 })).toEqual([
        'a',
        'd',
      ]);
      expect(ids({ selector: { count: { $gt: 3 } }, sort: [{ id: 'asc' }] })).toEqual(['b', 'd']);
      expect(uow.get('results', 'c')).toBeUndefined();
    });
    expect((await rx.results.find({ sort: [{ count: 'asc' }] }).exec()).map((d) => d.id)).toEqual([
      'e',
      'a',
      'd',
      'b',
    ]);
  });

  it('runs units one after another; each sees the one before; waiting ones share a commit', async () => {
    let commits = 0;
    const batch = database.batch.bind(database);
    database.batch = (work) => {
      commits++;
      return batch(work);
    };
    await Promise.all(
      Array.from({ length: 20 }, () =>
        queue.write(testContext, async (uow) => {
          const counter = uow.get('results', 'n') ?? thing('n');
          await Promise.resolve();
          uow.put('results', { ...counter, count: counter.count + 1 });
        }),
      ),
    );
    expect((await rx.results.findOne('n').exec())?.count).toBe(20);
    expect(commits).toBe(1);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('undoes only the failing unit of a group', async () => {
    const outcomes = await Promise.allSettled([
      queue.write(testContext, (uow) => uow.put('results', thing('a'))),
      queue.write(testContext, (uow) => {
        uow.put('results', thing('b'));
        uow.put('results', thing('\ud800'));
      }),
      queue.write(testContext, (uow) => {
        uow.put(
          'results',
          thing(
            'c',
            uow
              .find('results')
              .map((d) => d.id)
              .join('+'),
          ),
        );
      }),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const stored = await rx.results.find({ sort: [{ id: 'asc' }] }).exec();
    expect(stored.map((d) => [d.id, d.name])).toEqual([
      ['a', 'n'],
      ['c', 'a'],
    ]);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('repeats a unit whose records were changed from elsewhere meanwhile', async () => {
    await rx.results.insert(thing('n', 'x', 1));
    let runs = 0;
    await queue.write(testContext, async (uow) => {
      runs++;
      const before = uow.get('results', 'n') as Thing;
      if (runs === 1) await (await rx.results.findOne('n').exec(true)).incrementalPatch({ count: 100 });
      uow.put('results', { ...before, count: before.count + 1 });
    });
    expect(runs).toBe(2);
    expect((await rx.results.findOne('n').exec())?.count).toBe(101);
  });

  it('does not write a document that is equal to what is stored', async () => {
    await queue.write(testContext, (uow) => uow.put('patients', thing('a')));
    const head = database.audits.head.seq;
    await queue.write(testContext, (uow) => uow.put('patients', thing('a')));
    expect(database.audits.head.seq).toBe(head);
  });

  it('hands out copies, and looks without one: what a copy becomes shows only once it is put', async () => {
    await rx.patients.insert({ ...thing('a', 'Ada'), extra: { list: [1] } });
    const odd = {
      ...thing('o'),
      extra: JSON.parse('{"__proto__":{"x":[null,{}]},"y":[[],false]}') as object,
    };
    await queue.write(testContext, (uow) => uow.put('patients', odd));
    await queue.write(testContext, (uow) => {
      expect(JSON.stringify(uow.get('patients', 'o'))).toBe(JSON.stringify(odd));
      expect(uow.peek('patients', 'nobody')).toBeUndefined();
      const copy = uow.get('patients', 'a') as Thing;
      (copy.extra as { list: number[] }).list.push(2);
      expect(uow.peek('patients', 'a')?.extra).toEqual({ list: [1] });
      expect(uow.get('patients', 'a')?.extra).toEqual({ list: [1] });
      uow.put('patients', copy);
      expect(uow.peek('patients', 'a')?.extra).toEqual({ list: [1, 2] });
      const again = uow.get('patients', 'a') as Thing;
      (again.extra as { list: number[] }).list.push(3);
      expect(uow.peek('patients', 'a')?.extra).toEqual({ list: [1, 2] });
    });
    const changes = { extra: { before: { list: [1] }, after: { list: [1, 2] } } };
    expect(database.auditOf('patients', 'a').at(-1)?.changes).toEqual(changes);
    await queue.write(testContext, (uow) => {
      uow.remove('patients', 'a');
      expect([uow.peek('patients', 'a'), uow.get('patients', 'a')]).toEqual([undefined, undefined]);
    });
    await queue.write(testContext, (uow) => {
      expect([uow.peek('patients', 'a'), uow.get('patients', 'a')]).toEqual([undefined, undefined]);
    });
  });

  it('writes over no document that has another revision than the one it read', async () => {
    await rx.patients.insert(thing('a', 'Ada'));
    const lost = queue.write(testContext, (uow) => {
      const a = uow.get('patients', 'a') as Thing;
      uow.put('patients', { ...a, name: 'Berta' });
      // Past the engine, so that nothing counts it.
      database.driver.exec("UPDATE doc_patients SET rev = '9-other' WHERE id = 'a'");
    });
    await expect(lost).rejects.toMatchObject({ code: 'store.conflict' });
    expect(database.auditOf('patients', 'a').map(({ op }) => op)).toEqual(['insert']);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('stores attachments with their document', async () => {
    const bytes = new Uint8Array([1, 2, 3, 0, 255]);
    await queue.write(testContext, (uow) => {
      uow.put('reports', thing('r'));
      uow.attach('reports', 'r', 'report.pdf', 'application/pdf', bytes);
    });
    expect([...database.readAttachment('reports', 'r', 'report.pdf')]).toEqual([...bytes]);
    await queue.write(testContext, (uow) => uow.put('reports', thing('r', 'changed')));
    expect([...database.readAttachment('reports', 'r', 'report.pdf')]).toEqual([...bytes]);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('marks a journal message in the same transaction', async () => {
    const seq = database.journal.append({
      instrumentId: 'i1',
      linkId: 'l1',
      at: testContext.at,
      direction: 'in',
      bytes: Buffer.from('H|\\^&'),
    });
    database.journal.addMessage({
      id: 'm1',
      instrumentId: 'i1',
      firstSeq: seq,
      lastSeq: seq,
      at: testContext.at,
      state: 'received',
      told: 'accepted',
      kind: 'results',
      digest: 'd',
      detail: null,
    });
    await expect(
      queue.write(testContext, (uow) => {
        uow.journalMark({ id: 'm1', state: 'posted' });
        uow.journalMark({ id: 'unknown', state: 'posted' });
      }),
    ).rejects.toThrow('unknown');
    expect(database.journal.unposted().map((m) => m.id)).toEqual(['m1']);
    await queue.write(testContext, (uow) => {
      uow.put('results', thing('r1'));
      uow.journalMark({ id: 'm1', state: 'posted', detail: { results: 1 } });
    });
    expect(database.journal.unposted()).toEqual([]);
    expect(database.journal.message('m1')?.detail).toEqual({ results: 1 });
  });

  it('keeps what is committed when telling the outside fails, and goes on telling', async () => {
    const failures: unknown[] = [];
    const told: string[] = [];
    database.telling.onError = (error) => failures.push(error);
    await queue.write(testContext, (uow) => {
      uow.put('patients', thing('a'));
      uow.afterCommit(() => {
        throw new Error('printer is off');
      });
      uow.afterCommit(() => told.push('second'));
    });
    expect(failures).toEqual([new Error('printer is off')]);
    expect(told).toEqual(['second']);
    expect(await rx.patients.count().exec()).toBe(1);
  });

  it('tells the changed ids once per commit', async () => {
    const commits: Record<string, readonly string[]>[] = [];
    const stop = database.telling.onCommit((changed) => commits.push(Object.fromEntries(changed)));
    await Promise.all([
      queue.write(testContext, (uow) => uow.put('patients', thing('a'))),
      queue.write(testContext, (uow) => {
        uow.put('patients', thing('b'));
        uow.put('results', thing('r'));
      }),
    ]);
    stop();
    await rx.patients.insert(thing('c'));
    expect(commits).toEqual([{ patients: ['a', 'b'], results: ['r'] }]);
  });

  it('refuses a document that the validator refuses, and whatever else the unit wrote', async () => {
    const strict = new CommandQueue<Docs>(database, {
      validate: (collection, document) => {
        if (document.name === '') throw new Error(`${collection}: a name is needed`);
      },
    });
    await expect(
      strict.write(testContext, (uow) => {
        uow.put('patients', thing('a'));
        uow.put('patients', thing('b', ''));
      }),
    ).rejects.toThrow('patients: a name is needed');
    expect(await rx.patients.count().exec()).toBe(0);
  });

  it('keeps notes of the unit in the same transaction, and drops them with it', async () => {
    await queue.write(testContext, (uow) => {
      uow.put('patients', thing('a'));
      uow.audit('access.override', { why: 'urgent' });
    });
    expect(database.auditTail(1)[0]).toMatchObject({ op: 'note', docId: 'access.override', actor: 'tess' });
    const head = database.audits.head.seq;
    await expect(
      queue.write(testContext, (uow) => {
        uow.audit('never', null);
        uow.put('patients', thing('\udc00'));
      }),
    ).rejects.toMatchObject({ code: 'store.badDocument' });
    expect(database.audits.head.seq).toBe(head);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('refuses calls after the unit has ended', async () => {
    let late: (() => void) | undefined;
    await queue.write(testContext, (uow) => {
      late = () => uow.put('patients', thing('late'));
    });
    expect(() => late?.()).toThrow('has ended');
    await queue.idle();
  });
});
