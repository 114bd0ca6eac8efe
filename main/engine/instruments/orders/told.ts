/**
 * What was told to which instrument: one setting per instrument and specimen, written before a message is sent and after it was taken, so that it
 * survives any end of the engine (docs/adr/0017-orders-told.md).
 */
import { createHash } from 'node:crypto';
import type { SpecimenDoc } from '../../../../shared/documents/index.ts';
import { putSetting, readSetting } from '../../settings.ts';
import type { Reader, Writer } from '../../store/store.ts';

export interface ToldTest {
  /** {@link WaitingTest.key} */
  key: string;
  test: string;
  code: string;
  /** `sending`: it may have arrived; `refused`: not told again until something changes */
  state: 'sending' | 'taken' | 'refused';
  /** MSH-10 of the message it was told with; '' in ASTM */
  controlId: string;
  /** the instrument's words when refused */
  text: string;
}

export interface Told {
  instrumentId: string;
  specimenId: string;
  tests: ToldTest[];
}

function toldId(instrumentId: string, specimenId: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([instrumentId, specimenId]))
    .digest('hex');
  return `told:${digest.slice(0, 31)}`;
}

/** What the instrument was told of this specimen; without tests when nothing. */
export async function readTold(
  reader: Reader,
  instrumentId: string,
  specimen: Pick<SpecimenDoc, 'id'>,
): Promise<Told> {
  const found = await readSetting<Told>(reader, toldId(instrumentId, specimen.id));
  return found ?? { instrumentId, specimenId: specimen.id, tests: [] };
}

/** Keeps it, within a unit of work. */
export function putTold(unit: Writer, at: string, told: Told): Promise<void> {
  return putSetting(unit, at, toldId(told.instrumentId, told.specimenId), told);
}
