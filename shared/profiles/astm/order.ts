/** What the order record (O) and the patient record around a result say of it: its specimen, the lot of a control, its status. */
import { type AstmRecord, component, field } from '../../protocols/astm/records.ts';
import type { CanonicalResult } from '../canonical.ts';
import { own, type Report } from '../measure.ts';
import type { AstmProfile } from '../profile.ts';

/** A place in a record: `O-4.3` is component 3 of field 4 of the order. */
export const PLACE = /^([HPO])-(\d+)(?:\.(\d+))?$/;

/**
 * The specimen of an order: the first of the profile's places that has a value, else O-3. A field that names two specimens, or one in two
 * repeats, names none: '' is given and `several` is true.
 */
export function specimenOf(
  order: AstmRecord,
  patient: AstmRecord | null,
  { dialect }: AstmProfile,
): { id: string; several: boolean } {
  const severalIn = (record: AstmRecord, number: number) => field(record, number).repeats.length > 1;
  const places = dialect.specimen.length === 0 ? [`O-3.${dialect.specimenComponent}`] : dialect.specimen;
  if (severalIn(order, 3)) return { id: '', several: true };
  for (const place of places) {
    const [, kind, number, part] = PLACE.exec(place) ?? [];
    const record = kind === 'O' ? order : kind === 'P' ? patient : null;
    if (record === null) continue;
    const found = component(record, Number(number), Number(part ?? 1)).trim();
    if (found === '') continue;
    return severalIn(record, Number(number)) ? { id: '', several: true } : { id: found, several: false };
  }
  return { id: '', several: false };
}

/**
 * The lot number of a control's material, where the message gives one: at the profile's place (`qc.lot`), else O-4 when that is one plain
 * word beside the specimen. A rack, a position or a sequence number, which is another each time, is no lot.
 */
export function controlLotOf(order: AstmRecord | null, specimenId: string, profile: AstmProfile): string {
  if (order === null) return '';
  const [, kind, number, part] = PLACE.exec(profile.qc.lot ?? '') ?? [];
  if (kind !== undefined)
    return kind === 'O' ? component(order, Number(number), Number(part ?? 1)).trim() : '';
  if (profile.qc.lot === '' || profile.dialect.specimen.some((place) => place.startsWith('O-4'))) return '';
  const [only, ...others] = field(order, 4).repeats;
  const plain = others.length === 0 && only?.length === 1 ? (only[0] ?? '').trim() : '';
  return plain === specimenId ? '' : plain;
}

/** O-26 (report type) as the status of a result whose own is empty. */
const STATUS_OF_ORDER: Readonly<Record<string, NonNullable<CanonicalResult['status']>>> = {
  P: 'preliminary',
  I: 'preliminary',
  C: 'corrected',
};

/**
 * R-9 by the profile. Where it is empty, and the profile takes that for final, an order that says it is not (O-26 P, I, C) is believed. A field with
 * repeats is looked up as a whole; a result of a cancelled order (O-26 X) that is not cancelled itself is held.
 */
export function statusOf(
  record: AstmRecord,
  order: AstmRecord | null,
  profile: AstmProfile,
  whole: string,
  report: Report,
): Pick<CanonicalResult, 'status' | 'sentStatus'> {
  const sentStatus = field(record, 9).repeats.length > 1 ? whole.trim() : component(record, 9).trim();
  const status = own(profile.statuses, sentStatus);
  if (status === null)
    report('unmappedStatus', 'hold', `The profile does not map the status "${sentStatus}".`);
  const ofOrder = order === null ? '' : component(order, 26).trim().toUpperCase();
  if (ofOrder === 'X' && status !== null && status !== 'cancelled')
    report('unmappedStatus', 'hold', 'The order is cancelled (O-26 X), but the result is not.');
  if (sentStatus !== '' || status !== 'final') return { status, sentStatus };
  return { status: own(STATUS_OF_ORDER, ofOrder) ?? status, sentStatus };
}
