/**
 * The link machine of LIS01-A2 (ASTM E1381), both roles, rules L1-L19. Pure: one input and the state give the next state and
 * the effects, as data; the machine has no clock, no sockets and no journal. It decides from one byte and the state, never
 * from the boundaries of a read (L18). `journal` always precedes `write`, and an ACK is only written after the interpreter
 * said that the journal row is on disk.
 */
import { toBinary } from './bytes.ts';
import { bodyRun, EMPTY_FRAME, endTransfer, flushJunk, receiveByte, stored } from './link-receive.ts';
import { finishSending, offerToSend, sendByte, sendTimer } from './link-send.ts';
import {
  LINK_DEFAULTS,
  type LinkEffect,
  type LinkInput,
  type LinkOptions,
  type LinkRole,
  type LinkState,
} from './link-types.ts';

export * from './link-types.ts';

/** Inputs kept while a journal row is awaited, if an interpreter feeds them anyway. More are dropped and counted. */
const HELD_MAX = 4096;

/** A draft of the next state inside one step. */
export type Draft = { -readonly [K in keyof LinkState]: LinkState[K] };

/** The state of a link that is not connected yet. Options left out are the strict defaults. */
export function createLink(role: LinkRole, options: Partial<LinkOptions> = {}): LinkState {
  return {
    role,
    options: { ...LINK_DEFAULTS, ...options },
    open: false,
    busy: false,
    phase: 'closed',
    expect: 1,
    previous: null,
    joined: '',
    joinedFrames: 0,
    head: '',
    lastHead: '',
    partial: EMPTY_FRAME,
    junk: '',
    queue: [],
    out: null,
    index: 0,
    failures: 0,
    asks: 0,
    stopAsked: false,
    holdoff: null,
    awaiting: null,
    held: [],
  };
}

/** One step: what the machine does about one input. */
export function step(state: LinkState, input: LinkInput): { state: LinkState; effects: LinkEffect[] } {
  const draft: Draft = { ...state };
  const effects: LinkEffect[] = [];
  apply(draft, effects, input);
  release(draft, effects);
  return { state: draft, effects };
}

/**
 * The same as {@link step} for every byte of `chunk` from `from` on, but faster. Stops behind a byte whose journal row must be
 * durable first: when `consumed` (an index into `chunk`) is short of its length, perform the effects, feed `stored`, go on.
 */
export function stepChunk(
  state: LinkState,
  chunk: Uint8Array,
  from = 0,
): { state: LinkState; effects: LinkEffect[]; consumed: number } {
  const draft: Draft = { ...state };
  const effects: LinkEffect[] = [];
  let at = from;
  while (at < chunk.length && draft.awaiting === null) {
    const run = bodyRun(draft, chunk, at);
    if (run > 0) {
      const text = toBinary(chunk, at, at + run);
      let sum = draft.partial.sum;
      for (let i = at; i < at + run; i += 1) sum = (sum + (chunk[i] ?? 0)) & 0xff;
      draft.partial = {
        ...draft.partial,
        raw: draft.partial.raw + text,
        text: draft.partial.text + text,
        length: draft.partial.length + run,
        sum,
      };
      at += run;
      continue;
    }
    apply(draft, effects, { type: 'byte', byte: chunk[at] ?? 0 });
    at += 1;
  }
  return { state: draft, effects, consumed: at };
}

/** True while a message is queued or on its way out. */
export function hasWork(state: LinkState): boolean {
  return state.out !== null || state.queue.length > 0;
}

function apply(draft: Draft, effects: LinkEffect[], input: LinkInput): void {
  if (draft.awaiting !== null && input.type !== 'stored') {
    hold(draft, effects, input);
    return;
  }
  switch (input.type) {
    case 'opened':
      opened(draft, effects);
      break;
    case 'closed':
      closed(draft, effects);
      break;
    case 'byte':
      if (draft.phase === 'closed') effects.push({ type: 'count', what: 'ignoredBytes', n: 1 });
      else if (draft.phase === 'asking' || draft.phase === 'sending') sendByte(draft, effects, input.byte);
      else receiveByte(draft, effects, input.byte);
      break;
    case 'timer':
      if (input.name === 'receive') receiveTimer(draft, effects);
      else sendTimer(draft, effects, input.name);
      break;
    case 'send':
      draft.queue = [...draft.queue, { id: input.id, frames: input.frames }];
      break;
    case 'cancel':
      if (draft.queue.some((item) => item.id === input.id)) {
        draft.queue = draft.queue.filter((item) => item.id !== input.id);
        effects.push({ type: 'sendDone', id: input.id, outcome: 'aborted', reason: 'cancelled' });
      }
      break;
    case 'stored':
      if (draft.awaiting !== null) stored(draft, effects, input.ok);
      break;
    case 'busy':
      draft.busy = input.busy;
      break;
  }
  offerToSend(draft, effects);
}

/** Inputs that came while a journal row was awaited take their turn. */
function release(draft: Draft, effects: LinkEffect[]): void {
  while (draft.awaiting === null && draft.held.length > 0) {
    const [next, ...rest] = draft.held;
    draft.held = rest;
    if (next !== undefined) apply(draft, effects, next);
  }
}

function hold(draft: Draft, effects: LinkEffect[], input: LinkInput): void {
  if (input.type === 'byte' && draft.held.length >= HELD_MAX) {
    effects.push({ type: 'count', what: 'overflow', n: 1 });
    return;
  }
  draft.held = [...draft.held, input];
}

function opened(draft: Draft, effects: LinkEffect[]): void {
  if (draft.open) closed(draft, effects);
  draft.open = true;
  draft.phase = 'idle';
  effects.push(mark('open'));
}

function closed(draft: Draft, effects: LinkEffect[]): void {
  if (!draft.open) return;
  flushJunk(draft, effects);
  if (draft.phase === 'receiving') endTransfer(draft, effects, 'closed');
  if (draft.out !== null) finishSending(draft, effects, 'aborted', 'closed');
  if (draft.holdoff !== null) effects.push({ type: 'stopTimer', name: 'holdoff' });
  draft.holdoff = null;
  draft.open = false;
  draft.phase = 'closed';
  effects.push(mark('close'));
}

/** L9: nothing came for 30 s. */
function receiveTimer(draft: Draft, effects: LinkEffect[]): void {
  if (draft.phase !== 'receiving') return;
  flushJunk(draft, effects);
  effects.push({ type: 'count', what: 'timeouts', n: 1, note: 'L9 receive' });
  endTransfer(draft, effects, 'timeout');
  effects.push(mark('timeout'));
}

function mark(name: 'open' | 'close' | 'timeout'): LinkEffect {
  return { type: 'journal', direction: 'in', bytes: new Uint8Array(0), mark: name, durable: false };
}
