import type { Overlay, StatusMeaning } from '../../../../shared/profiles/overlay.ts';
import type { FlagMeaning, TestMapping } from '../../../../shared/profiles/schema/common.ts';

/** What a laboratory can say about an analyser, by table. */
export type Kind = 'tests' | 'flags' | 'statuses' | 'controls' | 'units' | 'notResults';
export const kinds: readonly Kind[] = ['tests', 'flags', 'statuses', 'controls', 'units', 'notResults'];

/** One thing the laboratory says, known by its kind and name. */
export type Entry =
  | { kind: 'tests'; value: TestMapping }
  | { kind: 'flags'; code: string; value: FlagMeaning }
  | { kind: 'statuses'; sent: string; value: StatusMeaning }
  | { kind: 'controls'; place: string; values: readonly string[] }
  | { kind: 'units'; unit: string; sent: string }
  | { kind: 'notResults'; code: string; text: string };

/** The place of controls that are known by how their specimen's number begins. */
export const PREFIX = '';

/** What tells one entry from another: two entries of one key cannot both stand. */
export function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case 'tests':
      return `tests\n${entry.value.code}`;
    case 'flags':
      return `flags\n${entry.code}`;
    case 'statuses':
      return `statuses\n${entry.sent}`;
    case 'controls':
      return `controls\n${entry.place}\n${entry.values.join('\n')}`;
    case 'units':
      return `units\n${entry.unit}\n${entry.sent}`;
    case 'notResults':
      return `notResults\n${entry.code}`;
  }
}

/** An overlay as entries by key, in its order. */
export function entriesOf(overlay: Overlay): ReadonlyMap<string, Entry> {
  const entries: Entry[] = [
    ...overlay.tests.map((value): Entry => ({ kind: 'tests', value })),
    ...Object.entries(overlay.flags).map(([code, value]): Entry => ({ kind: 'flags', code, value })),
    ...Object.entries(overlay.statuses).map(([sent, value]): Entry => ({ kind: 'statuses', sent, value })),
    ...overlay.qc.specimenPrefixes.map(
      (text): Entry => ({ kind: 'controls', place: PREFIX, values: [text] }),
    ),
    ...overlay.qc.places.map(({ place, values }): Entry => ({ kind: 'controls', place, values })),
    ...overlay.units.map(({ unit, sent }): Entry => ({ kind: 'units', unit, sent })),
    ...overlay.notResults.map(({ code, text }): Entry => ({ kind: 'notResults', code, text })),
  ];
  return new Map(entries.map((entry) => [keyOf(entry), entry]));
}

/** Entries as the overlay that is saved. */
export function overlayOf(entries: ReadonlyMap<string, Entry>): Overlay {
  const overlay: Overlay = {
    tests: [],
    notResults: [],
    flags: {},
    statuses: {},
    units: [],
    qc: { specimenPrefixes: [], places: [] },
  };
  for (const entry of entries.values()) {
    if (entry.kind === 'tests') overlay.tests.push(entry.value);
    else if (entry.kind === 'flags') overlay.flags[entry.code] = entry.value;
    else if (entry.kind === 'statuses') overlay.statuses[entry.sent] = entry.value;
    else if (entry.kind === 'units') overlay.units.push({ unit: entry.unit, sent: entry.sent });
    else if (entry.kind === 'notResults') overlay.notResults.push({ code: entry.code, text: entry.text });
    else if (entry.place === PREFIX) overlay.qc.specimenPrefixes.push(...entry.values);
    else overlay.qc.places.push({ place: entry.place, values: [...entry.values] });
  }
  return overlay;
}

/**
 * The overlay with one entry more, or in place of the one it replaces (`instead`, a key). A mapped code is a result, and a code that is no
 * result is not mapped: each takes the other away.
 */
export function withEntry(overlay: Overlay, entry: Entry, instead?: string): Overlay {
  const entries = new Map(entriesOf(overlay));
  if (instead !== undefined && instead !== keyOf(entry)) entries.delete(instead);
  if (entry.kind === 'tests') entries.delete(`notResults\n${entry.value.code}`);
  if (entry.kind === 'notResults') entries.delete(`tests\n${entry.code}`);
  entries.set(keyOf(entry), entry);
  return overlayOf(entries);
}

/** The overlay without an entry: what the profile says stands again. */
export function withoutEntry(overlay: Overlay, key: string): Overlay {
  const entries = new Map(entriesOf(overlay));
  entries.delete(key);
  return overlayOf(entries);
}

/** Keys of what a draft says otherwise than its base. */
export function changedKeys(base: Overlay, draft: Overlay): ReadonlySet<string> {
  const [before, after] = [entriesOf(base), entriesOf(draft)];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return new Set([...keys].filter((key) => stable(before.get(key)) !== stable(after.get(key))));
}

/** What was changed in a draft, laid over what somebody else saved meanwhile: theirs stays wherever the draft did not touch it. */
export function rebase(base: Overlay, draft: Overlay, theirs: Overlay): Overlay {
  const mine = entriesOf(draft);
  let result = theirs;
  for (const key of changedKeys(base, draft)) {
    const entry = mine.get(key);
    result = entry === undefined ? withoutEntry(result, key) : withEntry(result, entry);
  }
  return result;
}

/** The same content gives the same text, in whatever order its fields were set. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
