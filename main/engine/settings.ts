import { newBase } from '../../shared/documents/common.ts';
import { CALL_WITHIN_MINUTES, CallWithin } from '../../shared/ipc/indicators.ts';
import type { Reader, Writer } from './store/store.ts';

/** Setting that holds the minutes within which a critical value has to be called. */
export const CALL_WITHIN = 'laboratory.callWithin';

/** Minutes within which a critical value has to be called, as the laboratory set it (V3, C6). */
export async function callWithinOf(reader: Reader): Promise<number> {
  return CallWithin.safeParse(await readSetting(reader, CALL_WITHIN)).data ?? CALL_WITHIN_MINUTES;
}

/** Reads a named value of this station; undefined when it was never set. */
export async function readSetting<T>(reader: Reader, id: string): Promise<T | undefined> {
  return (await reader.get('settings', id))?.value as T | undefined;
}

/**
 * Sets a named value that other stations see: it goes to the central server by itself. Lists that several stations add to, and events of proficiency
 * testing, are put together (replication/qc-merge.ts); any other name is written by one station only.
 */
export async function putShared(unit: Writer, at: string, id: string, value: unknown): Promise<void> {
  const before = await unit.get('settings', id);
  const state = before?.syncState === 'local' || before === undefined ? 'queued' : before.syncState;
  unit.put('settings', { ...(before ?? newBase(id, at, 'queued')), syncState: state, value });
}

/** Sets a named value of this station within a unit of work. */
export async function putSetting(unit: Writer, at: string, id: string, value: unknown): Promise<void> {
  const before = await unit.get('settings', id);
  unit.put('settings', before === undefined ? { ...newBase(id, at, 'local'), value } : { ...before, value });
}
