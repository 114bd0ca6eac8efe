import type { RxDatabase } from 'rxdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandQueue } from '../uow.ts';
import type { LeveyDatabase } from './database.ts';
import type { RawDatabase } from './raw.ts';
import {
  newDirectory,
  openRaw,
  openRx,
  openTest,
  type TestCollections,
  type Thing,
  testContext,
  thing,
} from './testing.ts';
import { verifyAudit } from './verify.ts';

type Docs = { patients: Thing; results: Thing; reports: Thing };

describe('audit trail (C3)', () => {
  let place: ReturnType<typeof newDirectory>;
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;

  beforeEach(async () => {
    place = newDirectory();
    database = openTest(place.directory);
    rx = await openRx(database);
  });
  afterEach(() => {
    database.close();
    place.remove();
  });

  async function fill(): Promise<void> {
    const queue = new CommandQueue<Docs>(database);
    await queue.write(testContext, (uow) => {
      uow.put('patients', thing('a', 'Ada'));
      uow.put('patients', thing('b', 'Bo'));
      uow.put('reports', thing('r'));
      uow.attach('reports', 'r', 'report.pdf', 'application/pdf', new Uint8Array([1, 2, 3]));
    });
    await queue.write(
      { ...testContext, actor: 'lea', command: 'patients.rename', reason: 'typing error' },
      (uow) => {
        uow.put('patients', { ...(uow.get('patients', 'a') as Thing), name: 'Eva', extra: { since: 1 } });
      },
    );
    database.audit(testContext, 'access.signIn', { person: 'tess' });
  }

  it('keeps who, when, why, and the changed fields before and after', async () => {
    await fill();
    const history = database.auditOf('patients', 'a');
    expect(history.map((e) => [e.op, e.actor, e.command, e.reason, e.at, e.station])).toEqual([
      ['insert', 'tess', 'test.write', 'because', testContext.at, 'B1'],
      ['update', 'lea', 'patients.rename', 'typing error', testContext.at, 'B1'],
    ]);
    expect(history[1]?.changes).toEqual({
      name: { before: 'Ada', after: 'Eva' },
      extra: { after: { since: 1 } },
    });
    expect(database.auditTail(1).map((e) => [e.op, e.docId, e.changes])).toEqual([
      ['note', 'access.signIn', { person: 'tess' }],
    ]);
    expect(database.auditOf('patients', 'unknown')).toEqual([]);
  });

  it('writes a row for every way to write: insert, bulk, patch, remove, restore, cleanup', async () => {
    await rx.patients.insert(thing('x', 'one'));
    await rx.patients.bulkUpsert([thing('x', 'two'), thing('y')]);
    await (await rx.patients.findOne('x').exec(true)).incrementalPatch({ count: 5 });
    await (await rx.patients.findOne('x').exec(true)).remove();
    await rx.patients.insert(thing('x', 'back'));
    const history = database.auditOf('patients', 'x');
    expect(history.map((e) => e.op)).toEqual(['insert', 'update', 'update', 'delete', 'restore']);
    expect(history[3]?.changes).toMatchObject({ id: 'x', name: 'two', count: 5 });
    await (await rx.patients.findOne('y').exec(true)).remove();
    await rx.patients.internalStorageInstance.cleanup(-1000);
    expect(database.auditTail(1)[0]).toMatchObject({ op: 'purge', docId: 'y' });
    const report = await verifyAudit(database);
    expect(report).toMatchObject({ ok: true, faults: [], documents: 1, auditRows: database.audits.head.seq });
  });

  it('purges with an entry when a whole collection is removed', async () => {
    await fill();
    await rx.patients.remove();
    expect(database.auditTail(2).map((e) => [e.op, e.docId])).toEqual([
      ['purge', 'a'],
      ['purge', 'b'],
    ]);
    expect((await verifyAudit(database)).faults).toEqual([]);
  });

  it('cannot be updated or deleted, nor can the journal', async () => {
    await fill();
    database.journal.append({
      instrumentId: 'i',
      linkId: 'l',
      at: testContext.at,
      direction: 'in',
      bytes: new Uint8Array([5]),
    });
    for (const sql of [
      "UPDATE audit SET actor = 'x'",
      'DELETE FROM audit',
      "UPDATE journal SET note = 'x'",
      'DELETE FROM journal',
      'DELETE FROM messages',
    ]) {
      if (sql === 'DELETE FROM messages')
        database.journal.addMessage({
          id: 'm',
          instrumentId: 'i',
          firstSeq: 1,
          lastSeq: 1,
          at: testContext.at,
          state: 'received',
          told: 'none',
          kind: 'results',
          digest: '',
          detail: null,
        });
      expect(() => database.driver.exec(sql)).toThrow(/never/);
    }
  });

  /** Edits the closed file past the engine and tells what the check says afterwards. */
  async function faultsAfter(edit: (raw: RawDatabase) => void): Promise<string[]> {
    await fill();
    await rx.close();
    database.close();
    const raw = openRaw(place.directory);
    raw.exec('DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete');
    edit(raw);
    raw.close();
    database = openTest(place.directory);
    const report = await verifyAudit(database);
    expect(report.ok).toBe(report.faults.length === 0);
    return report.faults.map((fault) => fault.kind);
  }

  it('finds nothing when nothing was edited', async () => {
    expect(await faultsAfter(() => undefined)).toEqual([]);
  });

  it('finds an edited audit row', async () => {
    expect(
      await faultsAfter((raw) => raw.exec("UPDATE audit SET changes = '{}' WHERE op = 'update'")),
    ).toEqual(['row.changed']);
  });

  it('finds an edited context: another person, another reason', async () => {
    const faults = await faultsAfter((raw) => raw.exec("UPDATE audit SET actor = 'nobody' WHERE seq = 1"));
    expect(faults).toEqual(['row.changed', 'row.changed', 'row.changed']);
  });

  it('finds a deleted audit row', async () => {
    const faults = await faultsAfter((raw) => raw.exec('DELETE FROM audit WHERE seq = 2'));
    expect(faults).toContain('row.gap');
    expect(faults).toContain('row.changed');
  });

  it('finds an inserted audit row', async () => {
    const faults = await faultsAfter((raw) =>
      raw.exec(
        `INSERT INTO audit SELECT 6, 6, at, station, actor, command, reason, collection, docId, op, prev, changes, digest, hash FROM audit WHERE seq = 1`,
      ),
    );
    expect(faults).toContain('row.changed');
    expect(faults).toContain('head.differs');
  });

  it('finds a cut-off end of the trail, also when the end mark is moved back', async () => {
    expect(await faultsAfter((raw) => raw.exec('DELETE FROM audit WHERE seq = 5'))).toEqual(['head.differs']);
  });

  it('finds a moved end mark', async () => {
    const faults = await faultsAfter((raw) =>
      raw.exec(
        'DELETE FROM audit WHERE seq = 5; UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)',
      ),
    );
    expect(faults).toEqual(['head.seal']);
  });

  it('finds a removed end mark', async () => {
    expect(await faultsAfter((raw) => raw.exec('DELETE FROM audit_head'))).toEqual(['head.missing']);
  });

  it('finds an edited document', async () => {
    const faults = await faultsAfter((raw) =>
      raw.exec(`UPDATE doc_patients SET data = replace(data, '"Bo"', '"Bob"') WHERE id = 'b'`),
    );
    expect(faults).toEqual(['document.changed']);
  });

  it('finds a removed document', async () => {
    expect(await faultsAfter((raw) => raw.exec("DELETE FROM doc_patients WHERE id = 'a'"))).toEqual([
      'document.removed',
    ]);
  });

  it('finds an added document', async () => {
    const faults = await faultsAfter((raw) =>
      raw.exec(
        `INSERT INTO doc_patients SELECT 99, 'z', rev, deleted, lwt, replace(data, '"b"', '"z"'), 0, "k:_deleted,name,id", "k:_deleted,at,id", "k:_deleted,name,count,id" FROM doc_patients WHERE id = 'b'`,
      ),
    );
    expect(faults).toEqual(['document.unknown']);
  });

  it('finds a document put back to an earlier state', async () => {
    await rx.patients.insert(thing('old', 'first'));
    const early = database.driver.raw
      .prepare("SELECT data, audit, rev FROM doc_patients WHERE id = 'old'")
      .get() as {
      data: string;
      audit: number;
      rev: string;
    };
    await (await rx.patients.findOne('old').exec(true)).incrementalPatch({ name: 'second' });
    const faults = await faultsAfter((raw) =>
      raw
        .prepare("UPDATE doc_patients SET data = ?, audit = ?, rev = ? WHERE id = 'old'")
        .run(early.data, early.audit, early.rev),
    );
    expect(faults).toEqual(['document.old', 'document.removed']);
  });

  it('finds edited, removed and added attachments', async () => {
    expect(await faultsAfter((raw) => raw.exec("UPDATE attachments SET data = x'00'"))).toEqual([
      'attachment.changed',
    ]);
  });

  it('finds a removed attachment', async () => {
    expect(await faultsAfter((raw) => raw.exec('DELETE FROM attachments'))).toEqual(['attachment.removed']);
  });

  it('finds an added attachment', async () => {
    const faults = await faultsAfter((raw) =>
      raw.exec(
        "INSERT INTO attachments VALUES ('doc_reports', 'r', 'more.pdf', 'd', 'application/pdf', x'01')",
      ),
    );
    expect(faults).toEqual(['attachment.unknown']);
  });

  it('says when the protection against changes was taken away while running', async () => {
    await fill();
    database.driver.exec('DROP TRIGGER journal_no_delete');
    expect((await verifyAudit(database)).faults.map((fault) => fault.kind)).toEqual(['trigger.missing']);
  });

  it('sees one consistent state while others write', async () => {
    await fill();
    const check = verifyAudit(database, 2);
    await rx.patients.bulkInsert(Array.from({ length: 50 }, (_, i) => thing(`n${i}`)));
    expect((await check).faults).toEqual([]);
    expect((await verifyAudit(database)).documents).toBe(53);
  });
});
