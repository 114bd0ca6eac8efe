import type { Origin, ProfileShowRow, ProfileTestRow } from '../../../../shared/ipc/tools.ts';
import type { Overlay } from '../../../../shared/profiles/overlay.ts';
import type { TestMapping } from '../../../../shared/profiles/schema/common.ts';
import { changedKeys, type Entry, entriesOf, type Kind, keyOf, PREFIX } from './draft.ts';

/** A row of one table: what stands today with the draft laid over it. */
export interface MapRow {
  /** The entry's key. */
  readonly id: string;
  readonly entry: Entry;
  readonly origin: Origin;
  /** What the layer below says of the same thing; null when nothing. */
  readonly below: Entry | null;
  /** Changed and not saved. */
  readonly changed: boolean;
  /** Of a test: its saved row, with name, conflicts and verification. */
  readonly saved: ProfileTestRow | null;
}

interface Layered {
  readonly entry: Entry;
  readonly origin: Origin;
}

/** What stands below the laboratory's overlay: the profile with the station file. */
function below(show: ProfileShowRow): Map<string, Layered> {
  const rows: Layered[] = [];
  const add = (entry: Entry, origin: Origin): void => void rows.push({ entry, origin });
  for (const { mapping, origin, replaces } of show.tests) {
    if (origin !== 'laboratory') add({ kind: 'tests', value: mapping }, origin);
    else if (replaces !== null) add({ kind: 'tests', value: replaces }, 'builtIn');
  }
  for (const { code, meaning, origin, replaces } of show.flags) {
    if (origin !== 'laboratory') add({ kind: 'flags', code, value: meaning }, origin);
    else if (replaces !== null) add({ kind: 'flags', code, value: replaces }, 'builtIn');
  }
  for (const { sent, meaning, origin, replaces } of show.statuses) {
    if (origin !== 'laboratory') add({ kind: 'statuses', sent, value: meaning }, origin);
    else if (replaces !== null) add({ kind: 'statuses', sent, value: replaces }, 'builtIn');
  }
  for (const { code, text, origin } of show.notResults)
    if (origin !== 'laboratory') add({ kind: 'notResults', code, text }, origin);
  for (const { unit, sent, origin } of show.units)
    if (origin !== 'laboratory') add({ kind: 'units', unit, sent }, origin);
  for (const { text, origin } of show.qc.specimenPrefixes)
    if (origin !== 'laboratory') add({ kind: 'controls', place: PREFIX, values: [text] }, origin);
  for (const { place, values, origin } of show.qc.places)
    if (origin !== 'laboratory') add({ kind: 'controls', place, values }, origin);
  return new Map(rows.map((row) => [keyOf(row.entry), row]));
}

/**
 * The rows of one table: the built-in ones, those of the station file, and the draft's over them. A built-in row is never changed: the
 * laboratory's stands in its place and says what is below it. A code that is no result takes its test away. `base`: what the draft was begun
 * from, when that is not what is saved now.
 */
export function mapRows(
  show: ProfileShowRow,
  draft: Overlay,
  kind: Kind,
  base: Overlay = show.overlay,
): MapRow[] {
  const lower = below(show);
  const upper = entriesOf(draft);
  const changed = changedKeys(base, draft);
  const saved = new Map(show.tests.map((row) => [`tests\n${row.mapping.code}`, row]));
  const rows: MapRow[] = [];
  for (const [id, { entry, origin }] of lower) {
    if (entry.kind !== kind || upper.has(id)) continue;
    if (entry.kind === 'tests' && upper.has(`notResults\n${entry.value.code}`)) continue;
    if (entry.kind === 'notResults' && upper.has(`tests\n${entry.code}`)) continue;
    rows.push({ id, entry, origin, below: null, changed: changed.has(id), saved: saved.get(id) ?? null });
  }
  for (const [id, entry] of upper) {
    if (entry.kind !== kind) continue;
    rows.push({
      id,
      entry,
      origin: 'laboratory',
      below: lower.get(id)?.entry ?? null,
      changed: changed.has(id),
      saved: saved.get(id) ?? null,
    });
  }
  return rows.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
}

/**
 * Units as they are sent, with what each is multiplied by: a unit with a factor of its own, else the spellings with the mapping's factor. Where
 * there are spellings the unit itself is taken as it is; where there are none the factor is for the unit itself.
 */
export function sentUnits(mapping: TestMapping): { sent: string; factor: string }[] {
  const { unit, factor } = mapping;
  const other = mapping.otherUnits ?? [];
  const said = new Set([...other.map((one) => one.sent), ...mapping.sentUnits]);
  const spelled = mapping.sentUnits
    .filter((sent) => !other.some((one) => one.sent === sent))
    .map((sent) => ({ sent, factor }));
  const itself =
    unit === null || said.has(unit)
      ? []
      : [{ sent: unit, factor: mapping.sentUnits.length === 0 ? factor : '1' }];
  return [...itself, ...spelled, ...other];
}

/** A unit with a factor of its own; `unit`: the value is posted in this one instead of the mapping's. */
type OtherUnit = NonNullable<TestMapping['otherUnits']>[number];

/** No unit sent, as it is typed and shown in a list of units. */
const NO_UNIT = '""';
export const writeUnit = (sent: string): string => sent || NO_UNIT;
export const readUnit = (typed: string): string => (typed === NO_UNIT ? '' : typed);

/** `g/L = 5.55; mg/dL = 1 in mg/dL` as units with their factors; undefined when it is not written so. */
export function readUnits(text: string): OtherUnit[] | undefined {
  const units: OtherUnit[] = [];
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const [, typed, factor, unit] = /^(.*\S)\s*=\s*(\d+(?:\.\d+)?)(?:\s+in\s+(\S+))?$/.exec(part) ?? [];
    if (typed === undefined || factor === undefined) return undefined;
    const sent = readUnit(typed);
    if (units.some((one) => one.sent === sent)) return undefined;
    units.push({ sent, factor, ...(unit === undefined ? {} : { unit }) });
  }
  return units;
}

export const writeUnits = (units: readonly OtherUnit[]): string =>
  units
    .map(
      ({ sent, factor, unit }) => `${writeUnit(sent)} = ${factor}${unit === undefined ? '' : ` in ${unit}`}`,
    )
    .join('; ');
