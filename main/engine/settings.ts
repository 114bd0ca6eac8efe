import { newBase } from '../../shared/documents/common.ts';
import type { Reader, Writer } from './store/store.ts';

/** Reads a named value of this station; undefined when it was never set. */
export async function readSetting<T>(reader: Reader, id: string): Promise<T | undefined> {
  return (await reader.get('settings', id))?.value as T | undefined;
}

/** Sets a named value of this station within a unit of work. */
export async function putSetting(unit: Writer, at: string, id: string, value: unknown): Promise<void> {
  const before = await unit.get('settings', id);
  unit.put('settings', before === undefined ? { ...newBase(id, at, 'local'), value } : { ...before, value });
}
