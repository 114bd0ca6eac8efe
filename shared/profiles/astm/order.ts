/** What the order record (O) and those above it say of a result: its specimen and patient, its status, whether it is a control, and of which lot. */
import { type AstmRecord, component, field } from '../../protocols/astm/records.ts';
import type { SentPatient } from '../canonical.ts';
import { matches, type OrderStatus } from '../measure.ts';
import type { AstmProfile } from '../profile.ts';

/** A place in a record: `O-4.3` is component 3 of field 4 of the order. */
const PLACE = /^([HPO])-(\d+)(?:\.(\d+))?$/;

/**
 * The specimen of an order: the first of the profile's places that has a value, else O-3. A field that names two specimens, or one in two
 * repeats, names none: '' is given and `several` is true.
 */
export function specimenOf(
  order: AstmRecord,
  patient: AstmRecord | null,
  { dialect }: AstmProfile,
): { id: string; several: boolean } {
  const severalIn = (record: AstmRecord, number: number) =>
    field(record, number).repeats.filter((parts) => parts.some((part) => part.trim() !== '')).length > 1;
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
const MEANS = { P: 'preliminary', I: 'preliminary', C: 'corrected' } as const;

/** What an order says of the status of its results (O-26); null: there is no order. */
export function orderStatus(order: AstmRecord | null): OrderStatus {
  const text = order === null ? '' : component(order, 26).trim().toUpperCase();
  return { place: 'O-26', text, means: MEANS };
}

/** A control: by H-12, O-12, the beginning of the specimen's number, or the profile's own places. */
export function isControl(
  header: AstmRecord | null,
  order: AstmRecord | null,
  specimenId: string,
  { qc }: AstmProfile,
): boolean {
  if (header !== null && qc.processing.includes(component(header, 12).trim())) return true;
  const actions = order === null ? [] : field(order, 12).repeats.flat();
  if (actions.some((action) => qc.actionCodes.includes(action.trim()))) return true;
  if (qc.specimenPrefixes.some((prefix) => specimenId.startsWith(prefix))) return true;
  return qc.places.some(({ place, values }) => {
    const [, kind, number, part] = PLACE.exec(place) ?? [];
    const record = kind === 'H' ? header : kind === 'O' ? order : null;
    if (record === null) return false;
    return matches(values, component(record, Number(number), Number(part ?? 1)).trim());
  });
}

/** R4: every identifier of P-3 and P-4, and the name of P-6; nothing when there is none of them. */
export function patientOf(record: AstmRecord | null): { patient?: SentPatient } {
  if (record === null) return {};
  const sent = [3, 4].flatMap((number) =>
    field(record, number).repeats.map((parts) => (parts[0] ?? '').trim()),
  );
  const ids = [...new Set(sent.filter((id) => id !== ''))];
  const family = component(record, 6).trim();
  const given = component(record, 6, 2).trim();
  return ids.length === 0 && family === '' && given === '' ? {} : { patient: { ids, family, given } };
}
