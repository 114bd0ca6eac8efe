import type { RequisitionRow, TubeRow } from '../../../shared/ipc/accession.ts';
import type { Band } from './state.ts';

/** What F8 does with the requisition on screen. */
export type Forward =
  /** Give the planned tubes their numbers and print their labels. */
  | { act: 'draw'; count: number }
  /** Complete who collected and when, of a label that lacks it. */
  | { act: 'complete'; tube: TubeRow }
  | { act: 'receive'; tube: TubeRow }
  | { act: 'none'; why: 'nothing' | 'otherBand' | 'allReceived' | 'noTubes' };

/** Decides what F8 does: the work that comes first, for the tube under the cursor when it is about one tube. */
export function forwardOf(
  row: RequisitionRow | undefined,
  cursor: TubeRow | undefined,
  band: Band | null,
): Forward {
  if (row === undefined) return { act: 'none', why: 'nothing' };
  if (band !== null && !band.same) return { act: 'none', why: 'otherBand' };
  const planned = row.tubes.filter((tube) => tube.status === 'planned').length;
  if (planned > 0) return { act: 'draw', count: planned };
  if (row.tubes.length === 0) return { act: 'none', why: 'noTubes' };
  if (cursor !== undefined && lacksCollection(cursor)) return { act: 'complete', tube: cursor };
  const tube = cursor?.status === 'expected' ? cursor : row.tubes.find((one) => one.status === 'expected');
  return tube === undefined ? { act: 'none', why: 'allReceived' } : { act: 'receive', tube };
}

/** The label is blocked because nobody said who collected, or when (B1). */
export function lacksCollection(tube: TubeRow): boolean {
  return tube.labelState === 'blocked' && (tube.collector === '' || tube.collectedTime === '');
}
