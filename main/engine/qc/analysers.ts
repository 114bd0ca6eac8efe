/** The same analyser at two stations: its controls, events and decisions count at both. */
import { z } from 'zod';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';

/** Setting that names instruments of other stations that are an analyser of this one: their id to ours. */
export const ANALYSERS = 'qc.analysers';

const Known = z.record(z.string(), z.string());
const NONE: Readonly<Record<string, string>> = {};

/** Ids of other stations' instruments by ours: `{ 'T2.CHEM1': 'T1.CHEM1' }`. */
export async function analysersElsewhere(reader: Reader): Promise<Readonly<Record<string, string>>> {
  const value = await readSetting(reader, ANALYSERS);
  // Asked for with every result: most stations share no analyser, and zod takes its time to say that nothing is no list.
  return value === undefined ? NONE : (Known.safeParse(value).data ?? NONE);
}

/** All ids of one analyser, ours first. */
export async function idsOf(reader: Reader, instrumentId: string): Promise<string[]> {
  const known = await analysersElsewhere(reader);
  if (known === NONE) return [instrumentId];
  const others = Object.entries(known).flatMap(([there, here]) => (here === instrumentId ? [there] : []));
  return [instrumentId, ...others.sort()];
}

/** Lists kept by instrument, of all ids of one analyser, by time. */
export async function ofAnalyser<T extends { at: string }>(
  reader: Reader,
  instrumentId: string,
  idOf: (instrumentId: string) => string,
  shape: z.ZodType<T>,
): Promise<T[]> {
  const all: T[] = [];
  for (const id of await idsOf(reader, instrumentId)) {
    const stored = z.array(shape).safeParse(await readSetting(reader, idOf(id)));
    if (stored.success) all.push(...stored.data);
  }
  return all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
