import { z } from 'zod';
import { readSetting } from '../settings.ts';
import type { Reader } from '../store/store.ts';

/** Something that happened to an instrument and is marked on its charts. */
export const QcEvent = z.object({
  id: z.string(),
  at: z.string(),
  kind: z.enum(['calibration', 'reagentLot', 'maintenance', 'other']),
  text: z.string(),
  by: z.string(),
  /** the rules begin anew after it (W11) */
  breaksWindow: z.boolean(),
});
export type QcEvent = z.infer<typeof QcEvent>;

/** Setting that holds the events of an instrument. */
export function eventsId(instrumentId: string): string {
  return `qc.events.${instrumentId}`;
}

/** Events of an instrument, in the order they were written. */
export async function eventsOf(reader: Reader, instrumentId: string): Promise<QcEvent[]> {
  const stored = z.array(QcEvent).safeParse(await readSetting(reader, eventsId(instrumentId)));
  return stored.success ? stored.data : [];
}

/** Instants at which the rule windows of an instrument end (W11), in order. */
export async function breaksOf(reader: Reader, instrumentId: string): Promise<string[]> {
  const events = await eventsOf(reader, instrumentId);
  return events
    .filter((event) => event.breaksWindow)
    .map((event) => event.at)
    .sort();
}
