/**
 * The block machine of MLLP (M1): bytes in, blocks out. Pure: a state and some bytes give the next state and what they completed. It decides
 * from one byte and the state, never from the boundaries of a read, so the same bytes give the same blocks however they were cut.
 */
import { concatBytes } from '../astm/bytes.ts';

/** Begins a block (VT). */
export const BLOCK_START = 0x0b;
/** Ends a block (FS) … */
export const BLOCK_END = 0x1c;
/** … together with this (CR). */
export const BLOCK_CLOSE = 0x0d;

/** Ignored bytes are handed over in pieces of this size, at the latest. */
export const IGNORED_PIECE = 1024;
/** Of a block that is too long, so many bytes from its beginning are kept. */
export const REFUSED_HEAD = 64 * 1024;
/** A block that goes on for so many times the limit is no message any more. */
const ENDLESS = 4;

export interface BlockOptions {
  /** longest content of a block, bytes */
  maxBytes: number;
}

/** Why a block was not finished: another began inside it, nothing came any more, or the line was lost. */
export type PartialReason = 'restarted' | 'timeout' | 'closed';

/** What bytes completed, in the order of the bytes. `raw` holds the bytes as they came, framing included. */
export type BlockEvent =
  /** A whole block. `lenient`: its last byte, the CR behind FS, was not sent. */
  | { type: 'block'; raw: Uint8Array; content: Uint8Array; lenient?: 'M1-missing-cr' }
  /** A block longer than allowed has ended; `head` is the beginning of its content, `length` the length of the content. */
  | { type: 'overlong'; raw: Uint8Array; head: Uint8Array; length: number }
  /** A block that broke off. `length` counts its content, of which a block that is too long keeps only the beginning. */
  | { type: 'partial'; raw: Uint8Array; length: number; reason: PartialReason }
  /** Bytes outside a block: they mean nothing, are counted and kept. */
  | { type: 'ignored'; raw: Uint8Array }
  /** The peer does not speak MLLP: the line is to be closed. Nothing is read until {@link resetBlocks}. */
  | { type: 'endless' };

/** Bytes in pieces, the newest first; small pieces are joined, so there are never many of them. */
interface Pieces {
  readonly bytes: Uint8Array;
  readonly before: Pieces | null;
}

/** The state of one connection's blocks. Treat as opaque except `phase`. */
export interface BlockState {
  readonly options: BlockOptions;
  /** `idle`: outside. `body`: inside a block. `ending`: behind FS. `stopped`: see `endless`. */
  readonly phase: 'idle' | 'body' | 'ending' | 'stopped';
  readonly pieces: Pieces | null;
  /** length of the content so far */
  readonly length: number;
  readonly ignored: Uint8Array;
}

/** The state of a line that has just been opened. */
export function createBlocks(options: BlockOptions): BlockState {
  return { options, phase: 'idle', pieces: null, length: 0, ignored: new Uint8Array(0) };
}

type Draft = { -readonly [K in keyof BlockState]: BlockState[K] };

/** Takes bytes as they come. */
export function feedBlocks(
  state: BlockState,
  chunk: Uint8Array,
): { state: BlockState; events: BlockEvent[] } {
  const draft: Draft = { ...state };
  const events: BlockEvent[] = [];
  let at = 0;
  while (at < chunk.length && draft.phase !== 'stopped') {
    if (draft.phase === 'idle') at = outside(draft, events, chunk, at);
    else if (draft.phase === 'body') at = inside(draft, events, chunk, at);
    else at = behindEnd(draft, events, chunk, at);
  }
  return { state: draft, events };
}

/**
 * What silence means now; the user keeps the time. `ending`: FS has come and CR has not ({@link blockSilence} ends the block). `block`: a block has
 * begun ({@link blockSilence} gives it up). `ignored`: bytes outside a block have not been handed over.
 */
export function awaitedBy(state: BlockState): 'ending' | 'block' | 'ignored' | null {
  if (state.phase === 'ending') return 'ending';
  if (state.phase === 'body') return 'block';
  return state.ignored.length > 0 ? 'ignored' : null;
}

/** Nothing came for as long as the user waits: see {@link awaitedBy}. */
export function blockSilence(state: BlockState): { state: BlockState; events: BlockEvent[] } {
  const draft: Draft = { ...state };
  const events: BlockEvent[] = [];
  if (draft.phase === 'ending') whole(draft, events, false);
  else if (draft.phase === 'body') partial(draft, events, 'timeout');
  else flushIgnored(draft, events);
  return { state: draft, events };
}

/** The line was lost: what was begun is given up, a block that lacks only its CR is whole. The next line starts afresh. */
export function resetBlocks(state: BlockState): { state: BlockState; events: BlockEvent[] } {
  const draft: Draft = { ...state };
  const events: BlockEvent[] = [];
  if (draft.phase === 'ending') whole(draft, events, false);
  else if (draft.phase === 'body') partial(draft, events, 'closed');
  flushIgnored(draft, events);
  return { state: createBlocks(state.options), events };
}

/** A message between the bytes that frame it (M1). */
export function frameBlock(content: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(BLOCK_START), content, Uint8Array.of(BLOCK_END, BLOCK_CLOSE)]);
}

/** The content of a block as it was on the wire, with or without its CR. Null when the bytes are no block. */
export function contentOf(raw: Uint8Array): Uint8Array | null {
  if (raw[0] !== BLOCK_START) return null;
  const end = raw.length - (raw.at(-1) === BLOCK_CLOSE ? 2 : 1);
  return end >= 1 && raw[end] === BLOCK_END ? raw.subarray(1, end) : null;
}

function outside(draft: Draft, events: BlockEvent[], chunk: Uint8Array, from: number): number {
  const start = chunk.indexOf(BLOCK_START, from);
  const to = start < 0 ? chunk.length : start;
  for (let at = from; at < to; ) {
    const end = Math.min(to, at + IGNORED_PIECE - draft.ignored.length);
    draft.ignored = concatBytes([draft.ignored, chunk.subarray(at, end)]);
    at = end;
    if (draft.ignored.length >= IGNORED_PIECE) flushIgnored(draft, events);
  }
  if (start < 0) return chunk.length;
  flushIgnored(draft, events);
  begin(draft);
  return start + 1;
}

function inside(draft: Draft, events: BlockEvent[], chunk: Uint8Array, from: number): number {
  let at = from;
  while (at < chunk.length && chunk[at] !== BLOCK_END && chunk[at] !== BLOCK_START) at += 1;
  const room = Math.max(0, draft.options.maxBytes * ENDLESS - draft.length);
  if (at - from > room) return stop(draft, events, chunk.subarray(from, from + room));
  if (at > from) append(draft, chunk.subarray(from, at));
  if (at === chunk.length) return at;
  if (chunk[at] === BLOCK_END) draft.phase = 'ending';
  else {
    partial(draft, events, 'restarted');
    begin(draft);
  }
  return at + 1;
}

/** CR ends the block; a new block ends it too. Anything else: FS was part of the content, which the reader of the message will not like. */
function behindEnd(draft: Draft, events: BlockEvent[], chunk: Uint8Array, at: number): number {
  if (chunk[at] === BLOCK_CLOSE || chunk[at] === BLOCK_START) {
    whole(draft, events, chunk[at] === BLOCK_CLOSE);
    if (chunk[at] === BLOCK_START) begin(draft);
    return at + 1;
  }
  draft.phase = 'body';
  append(draft, Uint8Array.of(BLOCK_END));
  return at;
}

function begin(draft: Draft): void {
  draft.phase = 'body';
  draft.pieces = null;
  draft.length = 0;
}

function append(draft: Draft, bytes: Uint8Array): void {
  const kept = Math.min(draft.length, keeps(draft));
  draft.length += bytes.length;
  let piece = bytes.subarray(0, Math.max(0, keeps(draft) - kept));
  if (piece.length === 0) return;
  let before = draft.pieces;
  // Joining pieces of like size keeps their number small, and copies each byte only a few times.
  for (; before !== null && before.bytes.length <= piece.length; before = before.before) {
    piece = concatBytes([before.bytes, piece]);
  }
  draft.pieces = { bytes: piece, before };
}

/** How much of the content is kept: all of it, until it is known to be too long. */
function keeps(draft: Draft): number {
  return Math.max(REFUSED_HEAD, draft.options.maxBytes);
}

function content(draft: Draft): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let piece = draft.pieces; piece !== null; piece = piece.before) pieces.push(piece.bytes);
  const all = pieces.length === 1 ? pieces[0]! : concatBytes(pieces.reverse());
  return draft.length > draft.options.maxBytes ? all.subarray(0, REFUSED_HEAD) : all;
}

function whole(draft: Draft, events: BlockEvent[], closed: boolean): void {
  const bytes = content(draft);
  const { length } = draft;
  const ended = closed ? [BLOCK_END, BLOCK_CLOSE] : [BLOCK_END];
  if (length > draft.options.maxBytes) {
    events.push({ type: 'overlong', raw: opened(bytes), head: bytes, length });
  } else {
    const raw = concatBytes([Uint8Array.of(BLOCK_START), bytes, Uint8Array.from(ended)]);
    const block = { type: 'block', raw, content: raw.subarray(1, raw.length - ended.length) } as const;
    events.push(closed ? block : { ...block, lenient: 'M1-missing-cr' });
  }
  end(draft);
}

function partial(draft: Draft, events: BlockEvent[], reason: PartialReason): void {
  const { length } = draft;
  events.push({ type: 'partial', raw: opened(content(draft)), length, reason });
  end(draft);
}

function stop(draft: Draft, events: BlockEvent[], rest: Uint8Array): number {
  append(draft, rest);
  const bytes = content(draft);
  events.push({ type: 'overlong', raw: opened(bytes), head: bytes, length: draft.length });
  events.push({ type: 'endless' });
  end(draft);
  draft.phase = 'stopped';
  return Number.MAX_SAFE_INTEGER;
}

function end(draft: Draft): void {
  draft.phase = 'idle';
  draft.pieces = null;
  draft.length = 0;
}

function opened(bytes: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(BLOCK_START), bytes]);
}

function flushIgnored(draft: Draft, events: BlockEvent[]): void {
  if (draft.ignored.length === 0) return;
  events.push({ type: 'ignored', raw: draft.ignored });
  draft.ignored = new Uint8Array(0);
}
