import { z } from 'zod';
import { putShared, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';
import { ofAnalyser } from './analysers.ts';
import { qcSettingName } from './setting-name.ts';

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
  return qcSettingName('events', instrumentId);
}

/** Events of an analyser, also those marked at another station that has it, in the order of time. */
export async function eventsOf(reader: Reader, instrumentId: string): Promise<QcEvent[]> {
  return ofAnalyser(reader, instrumentId, eventsId, QcEvent);
}

/** Marks an event on an instrument; other stations with the same analyser see it. */
export async function addEvent(
  unit: Writer,
  at: string,
  instrumentId: string,
  event: QcEvent,
): Promise<void> {
  const before = (await readSetting<QcEvent[]>(unit, eventsId(instrumentId))) ?? [];
  await putShared(unit, at, eventsId(instrumentId), [...before, { ...event, instrumentId }]);
}

/** Instants at which the rule windows of an instrument end (W11), in order. */
export async function breaksOf(reader: Reader, instrumentId: string): Promise<string[]> {
  const events = await eventsOf(reader, instrumentId);
  return events
    .filter((event) => event.breaksWindow)
    .map((event) => event.at)
    .sort();
}
