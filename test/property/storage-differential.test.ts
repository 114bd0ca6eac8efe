import type { BulkWriteRow, RxStorageInstance } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { describe, expect, it } from 'vitest';
import type { LeveyDatabase } from '../../main/engine/store/sqlite/database.ts';
import { getRxStorageLevey } from '../../main/engine/store/sqlite/storage.ts';
import { newDirectory, openTest } from '../../main/engine/store/sqlite/testing.ts';
import { verifyAudit } from '../../main/engine/store/sqlite/verify.ts';
import {
  attachment,
  idText,
  nextState,
  prepared,
  query,
  Random,
  type Sample,
  type StoredSample,
  sample,
  sampleSchema,
} from './storage-model.ts';

const SEEDS = 200;
const STEPS = 45;
const IDS = 25;

type Instance = RxStorageInstance<Sample, unknown, unknown>;

/** Runs the same seeded operations on RxDB's memory storage and on ours and compares after each. */
class Pair {
  readonly #random: Random;
  readonly #place = newDirectory();
  #database: LeveyDatabase = openTest(this.#place.directory);
  #ours!: Instance;
  #memory!: Instance;
  #time = Date.now() - 10_000_000_000;
  readonly #events: { ours: unknown[]; memory: unknown[] } = { ours: [], memory: [] };

  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
  }

  async run(): Promise<void> {
    try {
      this.#memory = (await getRxStorageMemory().createStorageInstance<Sample>(
        this.#params() as never,
      )) as never;
      this.#memory.changeStream().subscribe((bulk) => this.#events.memory.push(...bulk.events.map(eventOf)));
      await this.#open();
      for (let step = 0; step < STEPS; step++) await this.#step();
      await this.#sameState();
      expect((await verifyAudit(this.#database)).faults).toEqual([]);
    } finally {
      this.#database.close();
      this.#place.remove();
    }
  }

  #params() {
    return {
      databaseInstanceToken: 'token',
      databaseName: `proof-${this.#seed}`,
      collectionName: 'samples',
      schema: sampleSchema,
      options: {},
      multiInstance: false,
      devMode: false,
    };
  }

  async #open(): Promise<void> {
    this.#ours = (await getRxStorageLevey(this.#database).createStorageInstance<Sample>(
      this.#params() as never,
    )) as never;
    this.#ours.changeStream().subscribe((bulk) => this.#events.ours.push(...bulk.events.map(eventOf)));
  }

  async #step(): Promise<void> {
    const kind = this.#random.below(20);
    if (kind < 7) await this.#write();
    else if (kind < 15) await this.#query();
    else if (kind === 15) await this.#changedSince();
    else if (kind === 16) await this.#byId();
    else if (kind === 17) await this.#attachment();
    else if (kind === 18 && this.#random.chance(0.3)) await this.#cleanup();
    else if (kind === 19 && this.#random.chance(0.3)) await this.#restart();
    else await this.#query();
  }

  async #write(): Promise<void> {
    const random = this.#random;
    this.#time += 1000;
    const rows = new Map<string, BulkWriteRow<Sample>>();
    const amount = 1 + random.below(10);
    for (let i = 0; i < amount; i++) {
      const id = idText(random, IDS);
      const [known] = (await this.#memory.findDocumentsById([id], true)) as StoredSample[];
      // Mostly right, sometimes without or with an outdated previous state: a conflict.
      const previous =
        known === undefined
          ? undefined
          : random.chance(0.1)
            ? undefined
            : random.chance(0.1)
              ? { ...known, _rev: '1-old' }
              : known;
      const deleted = known !== undefined && !known._deleted && random.chance(0.2);
      const lwt = this.#time + (random.chance(0.5) ? 0 : random.below(99) / 100);
      const document = nextState(random, previous, sample(random, id), deleted, lwt);
      if (!deleted && random.chance(0.3)) {
        document._attachments = { ...document._attachments, [random.pick(['a', 'b'])]: attachment(random) };
      } else if (!deleted && random.chance(0.1)) {
        const { type, length, digest } = attachment(random);
        document._attachments = { ...document._attachments, c: { type, length, digest } };
      } else if (!deleted && random.chance(0.2)) {
        document._attachments = {};
      }
      rows.set(id, previous === undefined ? { document } : { previous, document });
    }
    const write = [...rows.values()];
    const ours = await this.#ours.bulkWrite(write, 'proof');
    const refused = new Set(ours.error.map((error) => error.documentId));
    if (refused.size === write.length && ours.error.some((error) => error.status === 510)) {
      // The memory storage fails as a whole when every row lacks its attachment's content; nothing may be written then.
      expect(this.#events.ours).toEqual([]);
    } else {
      const memory = await this.#memory.bulkWrite(write, 'proof');
      expect(ours.error.map(errorOf)).toEqual(memory.error.map(errorOf));
      // It also announces rows it refused (status 510).
      const written = this.#events.memory.filter(
        (event) => !refused.has((event as { documentId: string }).documentId),
      );
      expect(this.#events.ours).toEqual(written);
    }
    this.#events.ours.length = 0;
    this.#events.memory.length = 0;
    await this.#sameState();
  }

  /** All documents, in order of change. */
  async #sameState(): Promise<void> {
    const ids = Array.from({ length: 400 }, (_, i) => idText(new Random(i), IDS));
    const all = [...new Set(ids)];
    expect(plain(await this.#ours.findDocumentsById(all, true))).toEqual(
      plain(await this.#memory.findDocumentsById(all, true)),
    );
  }

  async #query(): Promise<void> {
    const normalized = query(this.#random);
    const told = JSON.stringify(normalized);
    const memory = await attempt(
      async () => (await this.#memory.query(prepared(normalized) as never)).documents,
    );
    const ours = await attempt(async () => (await this.#ours.query(prepared(normalized) as never)).documents);
    expect([told, ours]).toEqual([told, memory]);
    const memoryCount = await attempt(
      async () => (await this.#memory.count(prepared(normalized) as never)).count,
    );
    const ourCount = await attempt(async () => (await this.#ours.count(prepared(normalized) as never)).count);
    expect([told, ourCount]).toEqual([told, memoryCount]);
  }

  /** RxDB's own query stands in for the memory storage, which has no such method. */
  async #changedSince(): Promise<void> {
    const { getChangedDocumentsSince } = await import('rxdb');
    let checkpoint: unknown;
    const limit = 1 + this.#random.below(8);
    for (let page = 0; page < 3; page++) {
      const memory = await getChangedDocumentsSince(this.#memory as never, limit, checkpoint as never);
      const ours = await getChangedDocumentsSince(this.#ours as never, limit, checkpoint as never);
      expect(plain(ours)).toEqual(plain(memory));
      checkpoint = (memory as { checkpoint: unknown }).checkpoint;
    }
  }

  async #byId(): Promise<void> {
    const ids = [...new Set(Array.from({ length: 6 }, () => idText(this.#random, IDS + 5)))];
    const deleted = this.#random.chance(0.5);
    expect(plain(await this.#ours.findDocumentsById(ids, deleted))).toEqual(
      plain(await this.#memory.findDocumentsById(ids, deleted)),
    );
  }

  async #attachment(): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const id = idText(this.#random, IDS);
      const name = this.#random.pick(['a', 'b', 'c']);
      const [document] = (await this.#memory.findDocumentsById([id], true)) as StoredSample[];
      const digest = document?._attachments[name]?.digest ?? 'none';
      const read = (instance: Instance) => async () => {
        const blob = await instance.getAttachmentData(id, name, digest);
        return { type: blob.type, bytes: [...new Uint8Array(await blob.arrayBuffer())] };
      };
      expect(await attempt(read(this.#ours))).toEqual(await attempt(read(this.#memory)));
    }
  }

  async #cleanup(): Promise<void> {
    // Half way between two times of change, so that the two clocks cannot matter.
    const age = Date.now() - (this.#time - this.#random.below(10) * 1000 - 500);
    await this.#memory.cleanup(age);
    await this.#ours.cleanup(age);
    await this.#sameState();
  }

  async #restart(): Promise<void> {
    await this.#ours.close();
    this.#database.close();
    this.#database = openTest(this.#place.directory);
    await this.#open();
    await this.#sameState();
  }
}

/** As stored: without undefined, which JSON does not keep. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The result, or that it was refused. */
async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return plain(await work());
  } catch {
    return 'refused';
  }
}

function eventOf(event: {
  operation: string;
  documentId: string;
  documentData: unknown;
  previousDocumentData?: unknown;
}) {
  const { operation, documentId, documentData, previousDocumentData } = event;
  return plain({ operation, documentId, documentData, previousDocumentData: previousDocumentData ?? null });
}

function errorOf(error: { status: number; documentId: string }) {
  const { documentInDb, attachmentId } = error as { documentInDb?: unknown; attachmentId?: string };
  return plain({
    status: error.status,
    documentId: error.documentId,
    documentInDb: documentInDb ?? null,
    attachmentId: attachmentId ?? null,
  });
}

describe('SQLite storage equals memory storage after each random operation', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`seed ${seed}`, async () => {
      await new Pair(seed).run();
    });
  }
});
