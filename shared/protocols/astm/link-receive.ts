/** The receiving half of the ASTM link machine: L1-L4, L9, L11, L12, L14-L17. */
import { ACK, CR, ENQ, EOT, ETB, ETX, fromBinary, LF, NAK, STX } from './bytes.ts';
import { allowedInText, checksumText, lacksCr, nextFrameNumber } from './frame.ts';
import type { Draft } from './link.ts';
import type { FrameFlaw, IncompleteReason, JournalMark, LinkEffect, PartialFrame } from './link-types.ts';

/** Ignored bytes are journalled in pieces of this size, at the latest. */
const JUNK_PIECE = 256;
/** The receive timer is started again each time this many bytes of one frame have come: a slow line is not silence. */
const ALIVE_EVERY = 1024;
/** Bytes of a frame already known to be refused are journalled in pieces of this size. */
const REFUSED_PIECE = 4096;

export const EMPTY_FRAME: PartialFrame = {
  at: 'none',
  raw: '',
  number: -1,
  text: '',
  length: 0,
  sum: 0,
  last: false,
  told: '',
  flaw: null,
};

/**
 * How many bytes of `chunk` from `at` on can be appended to the body of the frame in one go, without passing a byte or a
 * length at which the machine would do anything else. 0 when it must look at the next byte by itself.
 */
export function bodyRun(draft: Draft, chunk: Uint8Array, at: number): number {
  const partial = draft.partial;
  if (draft.awaiting !== null || draft.phase !== 'receiving') return 0;
  if (partial.at !== 'body' || partial.flaw !== null) return 0;
  const untilAlive = ALIVE_EVERY - 1 - (partial.length % ALIVE_EVERY);
  const untilLong = draft.options.maxFrameText - partial.length;
  const end = Math.min(chunk.length, at + Math.min(untilAlive, untilLong));
  let to = at;
  while (to < end && allowedInText(chunk[to] ?? 0)) to += 1;
  return Math.max(0, to - at);
}

/** One byte while idle or receiving. */
export function receiveByte(draft: Draft, effects: LinkEffect[], byte: number): void {
  if (byte === ENQ && isInsideFrame(draft)) strayEnquiry(draft, effects);
  else if (byte === ENQ) enquiry(draft, effects);
  else if (byte === EOT) endOfTransmission(draft, effects);
  else if (draft.phase === 'receiving' && draft.partial.at !== 'none') frameByte(draft, effects, byte);
  else if (draft.phase === 'receiving' && byte === STX) {
    flushJunk(draft, effects);
    draft.partial = { ...EMPTY_FRAME, at: 'number', raw: '\x02' };
    effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
  } else ignore(draft, effects, byte);
}

/** L15: bytes outside a frame are kept in the journal, counted, and mean nothing. */
export function ignore(draft: Draft, effects: LinkEffect[], byte: number): void {
  draft.junk += String.fromCharCode(byte);
  effects.push({ type: 'count', what: 'ignoredBytes', n: 1 });
  if (draft.junk.length >= JUNK_PIECE) flushJunk(draft, effects);
}

export function flushJunk(draft: Draft, effects: LinkEffect[]): void {
  if (draft.junk === '') return;
  effects.push(incoming(draft.junk, 'ignored', 'L15 outside a frame'));
  draft.junk = '';
}

/** L5, L14: ENQ opens a transfer; in the middle of one it starts over. */
export function enquiry(draft: Draft, effects: LinkEffect[]): void {
  flushJunk(draft, effects);
  if (draft.phase === 'receiving') {
    effects.push({ type: 'count', what: 'restarts', n: 1, note: 'L14' });
    endTransfer(draft, effects, 'restarted');
  }
  if (draft.busy) {
    effects.push(incoming('\x05', 'enq', 'L5 busy'));
    effects.push({ type: 'count', what: 'busy', n: 1, note: 'L5' });
    answerNak(effects);
    return;
  }
  // L7, L13: the other side takes the line that was left to it.
  if (draft.holdoff === 'contention' || draft.holdoff === 'interrupted') {
    draft.holdoff = null;
    effects.push({ type: 'stopTimer', name: 'holdoff' });
  }
  draft.phase = 'receiving';
  draft.expect = 1;
  draft.previous = null;
  draft.awaiting = { kind: 'enq' };
  effects.push(incoming('\x05', 'enq', undefined, true));
}

/**
 * True when ENQ comes behind the beginning of a frame, or behind bytes that are none: it may be an altered byte of a frame. Outside a transfer
 * only bytes that look like a frame count.
 */
function isInsideFrame(draft: Draft): boolean {
  if (draft.phase === 'receiving') return draft.partial.at !== 'none' || /[^\r\n]/.test(draft.junk);
  return /[\x02\x03\x17]/.test(draft.junk);
}

/**
 * L11, L14: an ACK here would be heard as the ACK of the spoiled frame. NAK is right for both: the frame comes again, and an instrument that
 * has really begun anew asks again after its wait (L6) and is then answered with ACK.
 */
function strayEnquiry(draft: Draft, effects: LinkEffect[]): void {
  flushJunk(draft, effects);
  effects.push({ type: 'count', what: 'frameErrors', n: 1, note: 'ENQ inside a frame' });
  const raw = `${draft.partial.raw}\x05`;
  effects.push(incoming(raw, 'refused', 'L11 ENQ inside a frame'));
  draft.partial = EMPTY_FRAME;
  answerNak(effects);
  if (draft.phase === 'receiving')
    effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
}

function endOfTransmission(draft: Draft, effects: LinkEffect[]): void {
  flushJunk(draft, effects);
  const ended = draft.phase === 'receiving';
  if (ended) endTransfer(draft, effects, 'endOfTransfer');
  effects.push(incoming('\x04', 'eot', ended ? undefined : 'L14 outside a transfer'));
}

/** Ends a transfer for whatever reason; what was not delivered yet is reported as incomplete (R11), a half frame is kept. */
export function endTransfer(draft: Draft, effects: LinkEffect[], reason: IncompleteReason): void {
  effects.push({ type: 'stopTimer', name: 'receive' });
  const half = draft.partial.at !== 'none';
  if (half && draft.partial.raw !== '')
    effects.push(incoming(draft.partial.raw, 'partial', 'frame not finished'));
  if (draft.joined !== '' || half) {
    effects.push({
      type: 'messageIncomplete',
      text: fromBinary(draft.joined),
      frames: draft.joinedFrames,
      reason,
    });
  }
  clearJoined(draft);
  draft.partial = EMPTY_FRAME;
  draft.previous = null;
  draft.phase = 'idle';
}

function frameByte(draft: Draft, effects: LinkEffect[], byte: number): void {
  const char = String.fromCharCode(byte);
  const partial = { ...draft.partial, raw: draft.partial.raw + char };
  draft.partial = partial;
  switch (partial.at) {
    case 'number': {
      const number = byte - 0x30;
      const fine = number >= 0 && number <= 7;
      draft.partial = {
        ...partial,
        at: 'body',
        number: fine ? number : -1,
        sum: byte,
        flaw: fine ? null : 'frame number',
      };
      if (byte === ETX || byte === ETB || byte === LF) bodyByte(draft, effects, byte);
      return;
    }
    case 'body':
      bodyByte(draft, effects, byte);
      return;
    case 'c1':
      draft.partial = { ...partial, at: 'c2', told: char };
      return;
    case 'c2':
      draft.partial = { ...partial, at: 'cr', told: partial.told + char };
      return;
    case 'cr':
      if (byte !== CR) refuse(draft, effects, 'terminator');
      else if (draft.options.leniencies.includes('L1-missing-lf')) {
        effects.push({ type: 'count', what: 'leniencies', n: 1, note: 'L1-missing-lf' });
        frameDone(draft, effects);
      } else draft.partial = { ...partial, at: 'lf' };
      return;
    case 'lf':
      if (byte === LF) frameDone(draft, effects);
      else refuse(draft, effects, 'terminator');
      return;
    case 'none':
      return;
  }
}

function bodyByte(draft: Draft, effects: LinkEffect[], byte: number): void {
  const partial = draft.partial;
  const sum = (partial.sum + byte) & 0xff;
  if (byte === ETX || byte === ETB) {
    draft.partial = { ...partial, at: 'c1', sum, last: byte === ETX };
    return;
  }
  const lenientLf = byte === LF && draft.options.leniencies.includes('L16-allow-lf');
  if (byte === LF && !lenientLf) {
    // An LF cannot be text, so the end of this frame has passed: its ETX was lost or the frame is malformed.
    refuse(draft, effects, partial.flaw ?? 'terminator');
    return;
  }
  const length = partial.length + 1;
  let flaw = partial.flaw;
  if (flaw === null && !lenientLf && !allowedInText(byte)) flaw = 'forbidden byte';
  if (flaw === null && length > draft.options.maxFrameText) {
    flaw = 'over-long';
    effects.push({ type: 'count', what: 'overlong', n: 1, note: 'L4' });
  }
  if (lenientLf) effects.push({ type: 'count', what: 'leniencies', n: 1, note: 'L16-allow-lf' });
  if (length % ALIVE_EVERY === 0) {
    effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
  }
  const text = flaw === null ? partial.text + String.fromCharCode(byte) : '';
  let raw = partial.raw;
  if (flaw !== null && raw.length >= REFUSED_PIECE) {
    effects.push(incoming(raw, 'partial', `frame will be refused: ${flaw}`));
    raw = '';
  }
  draft.partial = { ...partial, raw, text, length, sum, flaw };
}

/** LF of a frame has come: check number and checksum (L11, L12), then store before answering. */
function frameDone(draft: Draft, effects: LinkEffect[]): void {
  const { number, text, last, sum, told, flaw } = draft.partial;
  if (flaw !== null) {
    refuse(draft, effects, flaw);
    return;
  }
  const lenient = (name: 'L3-ignore-checksum' | 'L12-accept-renumbered') =>
    draft.options.leniencies.includes(name);
  if (checksumText(sum) !== told.toUpperCase()) {
    if (!lenient('L3-ignore-checksum')) {
      effects.push({ type: 'count', what: 'checksumErrors', n: 1, note: 'L3' });
      nakFrame(draft, effects, `L11 checksum ${told}, expected ${checksumText(sum)}`, false);
      return;
    }
    effects.push({ type: 'count', what: 'leniencies', n: 1, note: 'L3-ignore-checksum' });
  }
  const before = draft.previous;
  const repeated =
    before !== null && before.number === number && before.text === text && before.last === last;
  if (repeated) {
    effects.push({ type: 'count', what: 'duplicates', n: 1, note: 'L12' });
    draft.awaiting = { kind: 'duplicate' };
    accept(draft, effects, 'duplicate', 'L12 retransmission, stored once');
    return;
  }
  if (number !== draft.expect) {
    effects.push({ type: 'count', what: 'sequenceErrors', n: 1, note: 'L11' });
    if (!lenient('L12-accept-renumbered')) {
      nakFrame(draft, effects, `L11 frame number ${number}, expected ${draft.expect}`, true);
      return;
    }
    effects.push({ type: 'count', what: 'leniencies', n: 1, note: 'L12-accept-renumbered' });
  }
  if (draft.joined.length + text.length > draft.options.maxMessage) {
    effects.push({ type: 'count', what: 'oversize', n: 1 });
    nakFrame(draft, effects, 'message too large', true);
    return;
  }
  draft.awaiting = { kind: 'frame', number, text, last };
  accept(draft, effects, 'frame');
}

function accept(draft: Draft, effects: LinkEffect[], mark: JournalMark, note?: string): void {
  effects.push({ type: 'stopTimer', name: 'receive' });
  effects.push({ ...incoming(draft.partial.raw, mark, note, true), checksumOk: true });
  draft.partial = EMPTY_FRAME;
}

function refuse(draft: Draft, effects: LinkEffect[], flaw: FrameFlaw): void {
  effects.push({ type: 'count', what: 'frameErrors', n: 1, note: flaw });
  nakFrame(draft, effects, `L11 ${flaw}`, undefined);
}

function nakFrame(draft: Draft, effects: LinkEffect[], note: string, checksumOk: boolean | undefined): void {
  const row = incoming(draft.partial.raw, 'refused', note);
  effects.push(checksumOk === undefined ? row : { ...row, checksumOk });
  draft.partial = EMPTY_FRAME;
  answerNak(effects);
  effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
}

/** The interpreter says whether the row is on disk: only now may the other side hear ACK (L11: a failure is a NAK). */
export function stored(draft: Draft, effects: LinkEffect[], ok: boolean): void {
  const awaited = draft.awaiting;
  draft.awaiting = null;
  if (awaited === null) return;
  if (!ok) {
    effects.push({ type: 'count', what: 'storeFailures', n: 1, note: 'L11' });
    if (awaited.kind === 'enq') draft.phase = 'idle';
    answerNak(effects);
    if (awaited.kind !== 'enq')
      effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
    return;
  }
  effects.push(outgoing(ACK, 'ack'));
  effects.push({ type: 'write', bytes: Uint8Array.of(ACK) });
  effects.push({ type: 'count', what: 'acks', n: 1 });
  effects.push({ type: 'startTimer', name: 'receive', ms: draft.options.receiveMs });
  if (awaited.kind !== 'frame') return;
  effects.push({ type: 'count', what: 'frames', n: 1 });
  const text = needsCr(draft, awaited.text) ? `\r${awaited.text}` : awaited.text;
  if (text !== awaited.text)
    effects.push({ type: 'count', what: 'leniencies', n: 1, note: 'L17-record-without-cr' });
  draft.previous = { number: awaited.number, text: awaited.text, last: awaited.last };
  draft.expect = nextFrameNumber(awaited.number);
  draft.joined += text;
  draft.joinedFrames += 1;
  followRecords(draft, text);
  if (awaited.last) deliver(draft, effects);
}

/** L17: the record before this frame ended with ETX and has no CR of its own. */
function needsCr({ options, previous, joined }: Draft, text: string): boolean {
  if (!options.leniencies.includes('L17-record-without-cr') || previous?.last !== true) return false;
  return lacksCr(joined.slice(0, 5), joined.slice(-1), text);
}

/**
 * L17, R11: texts are joined and split on CR. When the record that ends here is the terminator, the message is whole and goes
 * out at once: every frame of it has just been acknowledged, so it may not depend on an EOT that perhaps never comes.
 */
function deliver(draft: Draft, effects: LinkEffect[]): void {
  if (!isTerminatorHead(draft.head === '' ? draft.lastHead : draft.head)) return;
  effects.push({ type: 'messageReceived', text: fromBinary(draft.joined), frames: draft.joinedFrames });
  clearJoined(draft);
}

/** R7: a record's type ends at its first delimiter; `LX` is a type nobody knows, and ends no message. @param head its first two characters */
export function isTerminatorHead(head: string): boolean {
  return /^L(?![A-Za-z0-9])/.test(head);
}

/** Keeps the first two characters of the record in progress and of the one before it, so that no frame makes us read the whole again. */
function followRecords(draft: Draft, text: string): void {
  for (const [index, piece] of text.split('\r').entries()) {
    if (index > 0 && draft.head !== '') {
      draft.lastHead = draft.head;
      draft.head = '';
    }
    const begun = draft.head === '' ? piece.replace(/^\n/, '') : index === 0 ? piece : '';
    if (draft.head.length < 2) draft.head += begun.slice(0, 2 - draft.head.length);
  }
}

function clearJoined(draft: Draft): void {
  draft.joined = '';
  draft.joinedFrames = 0;
  draft.head = '';
  draft.lastHead = '';
}

function answerNak(effects: LinkEffect[]): void {
  effects.push(outgoing(NAK, 'nak'));
  effects.push({ type: 'write', bytes: Uint8Array.of(NAK) });
  effects.push({ type: 'count', what: 'naksSent', n: 1 });
}

/** A journal row for bytes that came in. */
export function incoming(
  binary: string,
  mark: JournalMark,
  note?: string,
  durable = false,
): Extract<LinkEffect, { type: 'journal' }> {
  const row = { type: 'journal', direction: 'in', bytes: fromBinary(binary), mark, durable } as const;
  return note === undefined ? row : { ...row, note };
}

function outgoing(byte: number, mark: JournalMark): LinkEffect {
  return { type: 'journal', direction: 'out', bytes: Uint8Array.of(byte), mark, durable: false };
}
