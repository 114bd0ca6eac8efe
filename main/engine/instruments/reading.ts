/** From a message of a line to what it says, with a mapping: used when it comes, when it is tried again, in a preview and in a replay. */
import type { Interpretation } from '../../../shared/profiles/canonical.ts';
import { settleTimes } from '../../../shared/profiles/clock-change.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import { readMessages } from '../../../shared/profiles/read.ts';
import { tellSeveral } from '../../../shared/profiles/several.ts';
import { unreadable } from '../../../shared/profiles/unreadable.ts';
import { instantOfLocal, instantsOfLocal } from '../local-time.ts';
import type { WireJournal } from '../store/sqlite/journal.ts';
import { decodeText } from './charsets.ts';
import { recoveryFor } from './link/open.ts';
import type { ReceivedMessage, RecoveredMessage } from './link/ports.ts';

/** Journal rows read at once when messages are looked for. */
const PAGE_ROWS = 5_000;

/**
 * What a message says with a profile. Of one that broke off (R11), and of one that its sender was told is not taken (M4), the results are held
 * and its queries left out. Never throws.
 * @param timeZone IANA zone of the bench: the instrument prints local time (R10)
 */
export function readReceived(
  message: Pick<ReceivedMessage, 'text' | 'incomplete' | 'told' | 'unreadable'> &
    Partial<Pick<ReceivedMessage, 'at'>>,
  profile: Profile,
  timeZone: string,
): Interpretation[] {
  if (message.unreadable !== undefined) return [unreadable(message.unreadable)];
  const instantsOf = benchTimes(timeZone);
  const toInstant = (local: string) => instantsOf(local)[0] ?? instantOfLocal(timeZone, local);
  const options = { toInstant, decode: decodeText };
  const clock = { instantsOf, receivedAt: message.at };
  const read = (text: Uint8Array) =>
    readMessages(text, profile, options).map((one) => tellSeveral(settleTimes(one, clock)));
  if (message.told === 'refused') return refusedOnes(read(message.text));
  if (message.incomplete === undefined) return read(message.text);
  const whole = profile.protocol === 'astm' ? endedRecords(message) : message.text;
  return incompleteOnes(read(whole), message);
}

/** The instants of local times; a message has the same few again and again. */
function benchTimes(timeZone: string): (local: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (local) => {
    let instants = known.get(local);
    if (instants === undefined) {
      instants = instantsOfLocal(timeZone, local);
      known.set(local, instants);
    }
    return instants;
  };
}

/** A message out of the journal as the line hands on those that come. */
export function received(found: RecoveredMessage): ReceivedMessage {
  const { text, frames, at, journal, complete, reason, told, unreadable, firstVersion } = found;
  return {
    text,
    frames,
    at,
    journal,
    ...(complete ? {} : { incomplete: reason ?? 'closed' }),
    ...(told === undefined ? {} : { told }),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(firstVersion === undefined ? {} : { firstVersion }),
  };
}

/** Messages in the journal rows of an instrument between two numbers (exclusive), page by page; those that broke off say why. */
export function* messagesBetween(
  journal: WireJournal,
  instrumentId: string,
  profile: Profile,
  afterSeq: number,
  beforeSeq: number,
): Generator<ReceivedMessage, undefined> {
  const recovery = recoveryFor(profile);
  let after = afterSeq;
  for (;;) {
    const rows = journal.read({ instrumentId, afterSeq: after, beforeSeq, limit: PAGE_ROWS });
    for (const row of rows) {
      const found = recovery.push(row);
      if (found !== null) yield received(found);
    }
    const last = rows.at(-1);
    if (last === undefined) {
      const rest = recovery.end();
      if (rest !== null) yield received(rest);
      return undefined;
    }
    after = last.seq;
  }
}

/** One journalled message by its number, as it was received; undefined when the journal has none or its rows hold no message. */
export function journalledMessage(
  journal: WireJournal,
  number: string,
  profile: Profile,
): ReceivedMessage | undefined {
  const message = journal.message(number);
  if (message === undefined) return undefined;
  const { instrumentId, firstSeq, lastSeq } = message;
  const found = messagesBetween(journal, instrumentId, profile, firstSeq - 1, lastSeq + 1).next().value;
  if (found === undefined) return undefined;
  // Rows behind its last frame say how it ended; they are not among those of the message.
  const incomplete = found.incomplete === undefined ? {} : { incomplete: endOf(journal, found, message) };
  return { ...found, ...incomplete, journal: { firstSeq, lastSeq } };
}

/** R11: how a broken transfer ended, from the row behind it. */
function endOf(
  journal: WireJournal,
  found: ReceivedMessage,
  { instrumentId, lastSeq }: { instrumentId: string; lastSeq: number },
): NonNullable<ReceivedMessage['incomplete']> {
  for (const row of journal.read({ instrumentId, afterSeq: lastSeq, limit: 20 })) {
    const mark = (row.note ?? '').split(':')[0];
    if (mark === 'eot') return 'endOfTransfer';
    if (mark === 'enq') return 'restarted';
    if (mark === 'timeout') return 'timeout';
    if (mark === 'open' || mark === 'close') return 'closed';
  }
  return found.incomplete ?? 'closed';
}

/** M4: what a refused message says is for a person to look at; the instrument does not take it for delivered. */
function refusedOnes(found: readonly Interpretation[]): Interpretation[] {
  const text = 'The instrument was told that this message is not taken.';
  return found.map((one) => ({
    ...one,
    queries: [],
    problems: [...one.problems, { code: 'structure', severity: 'hold', text, record: null } as const],
  }));
}

const CR = 0x0d;

/**
 * The records of a message that broke off, without one that was cut off itself: a value may stop in the middle of it. After an orderly
 * end a last record without CR is taken for a whole one.
 */
function endedRecords({ text, incomplete }: Pick<ReceivedMessage, 'text' | 'incomplete'>): Uint8Array {
  return incomplete === 'endOfTransfer' ? text : text.subarray(0, text.lastIndexOf(CR) + 1);
}

/**
 * R11: what a message without L record leaves. Its results are held, for the instrument was told that they have arrived; when the whole
 * message comes, those exceptions end by themselves. A part without results is nothing to show, unless it cannot be read, or the transfer
 * was ended in order and its last record has no CR: then results may be hidden in it.
 */
function incompleteOnes(
  found: readonly Interpretation[],
  message: Pick<ReceivedMessage, 'text' | 'incomplete'>,
): Interpretation[] {
  const unended = message.incomplete === 'endOfTransfer' && message.text.at(-1) !== CR;
  return found
    .map((one) => {
      if (one.problems.some((problem) => problem.code === 'incomplete')) return one;
      const text = 'The transfer ended before the message did.';
      return {
        ...one,
        problems: [...one.problems, { code: 'incomplete', severity: 'hold', text, record: null } as const],
      };
    })
    .map((one) => ({ ...one, queries: [] }))
    .filter(
      (one) =>
        one.results.length > 0 || unended || one.problems.some((problem) => problem.code === 'unparsable'),
    );
}
