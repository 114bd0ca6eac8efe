import { replicated } from '../../../shared/fhir/mapping.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { Find, Store, WriteContext } from '../store/store.ts';
import { asNew, isKept } from './kept.ts';
import type { AnyDoc } from './port.ts';

/** Setting that says that the station is on its way to another server: what it knew of the old one is being forgotten. */
const LEAVING = 'sync.leaving';
/** Settings that belong to the station, not to one server. */
const KEPT: ReadonlySet<string> = new Set([LEAVING, 'sync.today']);
/** Records changed in one transaction: the bench is not to notice. */
const CHUNK = 200;

/** Finds records that have an id at the server, in the order of the index: with a limit nothing more is read. */
export const linkedFirst: Pick<Find, 'selector' | 'sort'> = {
  selector: { serverId: { $gt: '' } },
  sort: [{ serverId: 'asc' }],
};

/** Notes that the station leaves its server; {@link forgetServer} carries it out, after a crash too. */
export async function leaveServer(store: Store, context: WriteContext): Promise<void> {
  await store.write(context, (unit) => putSetting(unit, context.at, LEAVING, true));
}

/**
 * Forgets what the station knows of the server it left, if it left one: server ids, versions, how far it fetched. Every record the old
 * server had waits again, so that the other one gets it. Conflicts stay until a person has decided them.
 * @returns records that wait again
 */
export async function forgetServer(
  store: Store,
  context: WriteContext,
  signal: AbortSignal,
): Promise<number> {
  if ((await readSetting<boolean>(store, LEAVING)) !== true) return 0;
  let count = 0;
  for (const collection of replicated) {
    for (;;) {
      if (signal.aborted) return count;
      const known = await store.find(collection, { ...linkedFirst, limit: CHUNK });
      if (known.length === 0) break;
      count += known.length;
      await store.write(context, async (unit) => {
        for (const { id } of known) {
          const doc = (await unit.get(collection, id)) as unknown as AnyDoc | undefined;
          if (doc !== undefined) unit.put(collection, forgotten(doc, context.at) as never, { sync: true });
        }
      });
    }
  }
  const settings = await store.find('settings', { selector: {} });
  await store.write(context, async (unit) => {
    for (const { id } of settings) {
      if (id.startsWith('sync.') && !KEPT.has(id)) await putSetting(unit, context.at, id, undefined);
    }
    await putSetting(unit, context.at, LEAVING, false);
  });
  return count;
}

function forgotten(doc: AnyDoc, at: string): AnyDoc {
  // What the old server has deleted, and a person kept, the other one has never had.
  const waits = doc.syncState === 'onServer' || doc.syncState === 'refused' || isKept(doc);
  const syncState = waits ? ('queued' as const) : doc.syncState;
  return { ...asNew(doc, at), syncState };
}
