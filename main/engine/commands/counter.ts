import { putSetting, readSetting } from '../settings.ts';
import type { Writer } from '../store/store.ts';

/** Next value of a named counter of this station, 1 at first; written with the unit of work, so a number is never given twice. */
export async function nextCounter(unit: Writer, at: string, name: string): Promise<number> {
  const next = ((await readSetting<number>(unit, name)) ?? 0) + 1;
  await putSetting(unit, at, name, next);
  return next;
}
