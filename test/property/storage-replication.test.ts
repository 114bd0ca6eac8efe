import { addRxPlugin, type RxCollection, type RxStorage } from 'rxdb';
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { RxDBLocalDocumentsPlugin } from 'rxdb/plugins/local-documents';
import { type RxReplicationState, replicateRxCollection } from 'rxdb/plugins/replication';
import {
  getPullHandler,
  getPullStream,
  getPushHandler,
  humansCollection,
  runReplicationBaseTestSuite,
  setConfig,
} from 'rxdb/plugins/test-utils';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeveyDatabase } from '../../main/engine/store/sqlite/database.ts';
import { getRxStorageLevey } from '../../main/engine/store/sqlite/storage.ts';
import { newDirectory, openTest } from '../../main/engine/store/sqlite/testing.ts';
import { verifyAudit } from '../../main/engine/store/sqlite/verify.ts';

// The suite opens databases with an option that only the development mode has, and that mode asks for a validator.
disableWarnings();
addRxPlugin(RxDBDevModePlugin);
addRxPlugin(RxDBAttachmentsPlugin);
addRxPlugin(RxDBLocalDocumentsPlugin);

// RxDB's suite is written for mocha's globals.
Object.assign(globalThis, { describe, it });

type Human = { passportId: string; firstName: string; lastName: string; age: number };
type Humans = RxCollection<Human>;

const place = newDirectory();
const database: LeveyDatabase = openTest(place.directory);

/** The suite opens its databases as multi-instance; ours has one owner, so only that flag is changed. */
function storage(): RxStorage<unknown, unknown> {
  const levey = getRxStorageLevey(database);
  const oneOwner = {
    ...levey,
    createStorageInstance: (params) =>
      levey.createStorageInstance({ ...params, multiInstance: false } as never) as never,
  } as RxStorage<unknown, unknown>;
  return wrappedValidateAjvStorage({ storage: oneOwner });
}

setConfig({
  storage: {
    name: 'levey-sqlite',
    getStorage: storage,
    getPerformanceStorage: () => ({ storage: storage(), description: 'levey-sqlite' }),
    hasPersistence: false,
    hasMultiInstance: false,
    hasAttachments: true,
    hasReplication: true,
  },
} as never);

/** The server of the suite is a collection on our storage too. */
let server: Humans;

/**
 * What the server answers to a push: as RxDB's helper for tests does, but the conflicting documents come with their attachments' content,
 * which a server has to send along (the helper leaves it out, and then no storage could store what it is given).
 */
async function push(rows: unknown[]): Promise<unknown[]> {
  const conflicts = (await getPushHandler(server)(rows as never)) as unknown as Stored[];
  for (const document of conflicts) {
    for (const [name, attachment] of Object.entries(document._attachments ?? {})) {
      attachment.data = await server.storageInstance.getAttachmentData(
        document.passportId,
        name,
        attachment.digest,
      );
    }
  }
  return conflicts;
}

interface Stored {
  passportId: string;
  _attachments?: Record<string, { digest: string; data?: Blob }>;
}

function start(collection: Humans, live: boolean): RxReplicationState<Human, unknown> {
  return replicateRxCollection<Human, unknown>({
    collection,
    replicationIdentifier: 'suite',
    live,
    autoStart: true,
    pull: {
      handler: getPullHandler(server) as never,
      ...(live ? { stream$: getPullStream(server) as never } : {}),
    },
    push: { handler: push as never },
  });
}

async function once(collection: Humans): Promise<void> {
  const state = start(collection, false);
  const errors: unknown[] = [];
  state.error$.subscribe((error) => errors.push(error));
  await state.awaitInitialReplication();
  await state.awaitInSync();
  await state.cancel();
  expect(errors).toEqual([]);
}

async function serverDocuments(): Promise<{ passportId: string; _deleted: boolean }[]> {
  const { documents } = await server.storageInstance.getChangedDocumentsSince!(1000);
  return documents as never;
}

describe("RxDB's replication suite on the SQLite storage", () => {
  beforeAll(async () => {
    server = (await humansCollection.createAttachments(0, 'human', false)) as unknown as Humans;
  });

  afterAll(async () => {
    await server.database.close();
    const report = await verifyAudit(database);
    database.close();
    place.remove();
    expect(report.faults).toEqual([]);
    expect(report.documents).toBeGreaterThan(0);
  });

  runReplicationBaseTestSuite({
    startReplication: (collection) => start(collection as Humans, true),
    syncOnce: (collection) => once(collection as Humans),
    getAllServerDocs: serverDocuments,
    cleanUpServer: async () => {
      await server.find().remove();
      await server.storageInstance.cleanup(-10_000);
    },
    softDeletes: true,
    isDeleted: (document: { _deleted: boolean }) => document._deleted,
    getPrimaryOfServerDoc: (document: { passportId: string }) => document.passportId,
    syncOnceWithAttachments: (collection) => once(collection as Humans),
  });
});
