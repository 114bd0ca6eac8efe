import { hash } from 'node:crypto';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { Store } from '../store/store.ts';

/** Where a result came from. */
export interface Source {
  instrumentId: string;
  messageId: string;
  /** Digest of the message's bytes: identifies a result whose instrument gives no time. */
  messageDigest: string;
  /** It is a file that was read before and has gone on since: {@link messageDigest} is that of its first version. */
  wentOn?: boolean;
}

/** Length of what the keys of one specimen on one instrument and day have in common. */
const GROUP_LENGTH = 16;
const KEY_LENGTH = 64;

function digest(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}

/**
 * Same for the same measurement however often it is sent: instrument, specimen, code, time of completion, replicate. The keys of a specimen on an
 * instrument and day begin alike, so that they stand together in the index: see {@link keyGroup}. 64 characters.
 */
export function measurementKey(source: Source, result: CanonicalResult): string {
  const when = whenOf(source, result);
  const day = when.startsWith('message:') ? when : when.slice(0, 8);
  const group = groupOf(JSON.stringify([source.instrumentId, result.specimenId ?? '', day]));
  return (group + digest(partsOf(source, result, specimenOf(source, result), when))).slice(0, KEY_LENGTH);
}

/**
 * The specimen in the key. A message that names none says of nobody that two results are one measurement, though code, time and value are alike (a
 * plate is read in one second): only the same message sent again is. Lines of files go by what stands in them, since a file that grows is read anew.
 */
function specimenOf({ messageDigest }: Source, { specimenId, records }: CanonicalResult): string {
  if (specimenId !== null) return specimenId;
  return records.header === null ? '' : `none:${messageDigest}:${records.order ?? records.result}`;
}

/** The last beginning that was made: the results of a specimen come together, and all have it. */
let lastGroup = { of: '', group: '' };

function groupOf(of: string): string {
  if (lastGroup.of !== of) lastGroup = { of, group: `m${hash('sha256', of, 'hex')}`.slice(0, GROUP_LENGTH) };
  return lastGroup.group;
}

/** The key that versions before this one gave the measurement: what they posted or held is known by it. */
export function formerKey(source: Source, result: CanonicalResult): string {
  return digest(partsOf(source, result, result.specimenId ?? '', whenOf(source, result)));
}

/** What a key has in common with those of the same specimen, instrument and day; undefined for a key of another kind. */
export function keyGroup(key: string): string | undefined {
  return key.length === KEY_LENGTH && key.startsWith('m') ? key.slice(0, GROUP_LENGTH) : undefined;
}

/** Digest that recognises a message of which nothing could be read. */
export function messageKey(source: Source): string {
  return digest([source.instrumentId, 'message', source.messageDigest]);
}

function partsOf(
  source: Source,
  result: CanonicalResult,
  specimen: string,
  when: string,
): (string | number)[] {
  return [source.instrumentId, specimen, result.instrumentCode, when, result.replicate];
}

function whenOf(source: Source, result: CanonicalResult): string {
  return (
    clockTime(result.completedAt) ||
    clockTime(result.startedAt) ||
    `message:${source.messageDigest}:${result.records.result}`
  );
}

/** A time that tells two measurements of a day apart; '' for a date alone. */
function clockTime({ text, local }: CanonicalResult['completedAt']): string {
  return local !== null && !local.includes('T') ? '' : text;
}

const hex = [...'0123456789abcdef'];
/** What a former key, of hex digits, can begin with; `call:`, which the tasks of critical values begin with, is none of it. */
const formerBeginnings = hex.flatMap((first) =>
  first !== 'c'
    ? [first]
    : hex.flatMap((second) => (second !== 'a' ? [`c${second}`] : hex.map((third) => `ca${third}`))),
);

const former = new WeakMap<Store, Promise<boolean>>();

/** Whether anything in the store may carry a {@link formerKey}. Looked for once: none is written any more. */
export function hasFormerKeys(store: Store): Promise<boolean> {
  let known = former.get(store);
  if (known === undefined) {
    known = lookForFormer(store);
    known.catch(() => former.delete(store));
    former.set(store, known);
  }
  return known;
}

async function lookForFormer(store: Store): Promise<boolean> {
  for (const collection of ['results', 'controls', 'tasks'] as const) {
    for (const beginning of formerBeginnings) {
      const [found] = await store.find(collection, {
        selector: { sourceKey: { $gte: beginning, $lt: `${beginning}\uffff` } },
        sort: [{ sourceKey: 'asc' }],
        limit: 1,
      });
      if (found !== undefined) return true;
    }
  }
  return false;
}
