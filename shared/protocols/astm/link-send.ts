/** The sending half of the ASTM link machine: L5-L8, L10, L13. */
import { ACK, ENQ, EOT, NAK } from './bytes.ts';
import type { Draft } from './link.ts';
import { enquiry, flushJunk, ignore, incoming } from './link-receive.ts';
import type { JournalMark, LinkEffect, LinkTimer, SendOutcome, SendReason } from './link-types.ts';

/** Starts the next message when the link is free: open, idle, nothing awaited, no pause running. */
export function offerToSend(draft: Draft, effects: LinkEffect[]): void {
  if (!draft.open || draft.phase !== 'idle' || draft.awaiting !== null || draft.holdoff !== null) return;
  if (draft.out === null) {
    const [next, ...rest] = draft.queue;
    if (next === undefined) return;
    draft.queue = rest;
    draft.out = next;
    draft.asks = 0;
  }
  draft.index = 0;
  draft.failures = 0;
  draft.stopAsked = false;
  ask(draft, effects);
}

/** L5: ENQ, then up to 15 s for an answer. */
function ask(draft: Draft, effects: LinkEffect[]): void {
  draft.phase = 'asking';
  draft.asks += 1;
  put(effects, Uint8Array.of(ENQ), 'enq');
  effects.push({ type: 'startTimer', name: 'reply', ms: draft.options.replyMs });
}

/** One byte while asking or sending. */
export function sendByte(draft: Draft, effects: LinkEffect[], byte: number): void {
  if (byte === ENQ) {
    crossing(draft, effects);
    return;
  }
  const asking = draft.phase === 'asking';
  if (byte === ACK || (byte === EOT && !asking)) {
    flushJunk(draft, effects);
    effects.push(incoming(String.fromCharCode(byte), byte === ACK ? 'ack' : 'eot'));
    if (byte === EOT) draft.stopAsked = true; // L13: accepted, and please stop soon
    if (!asking) {
      draft.index += 1;
      effects.push({ type: 'count', what: 'framesSent', n: 1 });
    }
    draft.phase = 'sending';
    draft.failures = 0;
    nextFrame(draft, effects);
  } else if (byte === NAK) {
    flushJunk(draft, effects);
    effects.push(incoming('\x15', 'nak'), { type: 'count', what: 'naksReceived', n: 1 });
    if (asking) refusedAsk(draft, effects);
    else refusedFrame(draft, effects);
  } else ignore(draft, effects, byte);
}

/** L7: both sent ENQ. In the middle of our own transfer an ENQ means that the other side has lost track of it. */
function crossing(draft: Draft, effects: LinkEffect[]): void {
  if (draft.phase === 'sending') {
    if (draft.role === 'instrument') {
      ignore(draft, effects, ENQ);
      return;
    }
    effects.push(
      { type: 'stopTimer', name: 'reply' },
      { type: 'count', what: 'restarts', n: 1, note: 'L14' },
    );
    if (draft.asks >= draft.options.maxAsks) finishSending(draft, effects, 'aborted', 'timeout');
    draft.phase = 'idle';
    enquiry(draft, effects);
    return;
  }
  flushJunk(draft, effects);
  effects.push(incoming('\x05', 'enq', 'L7 contention'), {
    type: 'count',
    what: 'contentions',
    n: 1,
    note: 'L7',
  });
  effects.push({ type: 'stopTimer', name: 'reply' });
  draft.phase = 'idle';
  draft.asks -= 1;
  const ms = draft.role === 'host' ? draft.options.yieldMs : draft.options.insistMs;
  pause(draft, effects, 'contention', ms);
}

/** L6: the other side is busy; wait at least 10 s. */
function refusedAsk(draft: Draft, effects: LinkEffect[]): void {
  effects.push({ type: 'stopTimer', name: 'reply' });
  draft.phase = 'idle';
  if (draft.asks >= draft.options.maxAsks) finishSending(draft, effects, 'refused', 'busy');
  pause(draft, effects, 'refused', draft.options.refusedMs);
}

/** L10: the same frame again, and after too many failures EOT. */
function refusedFrame(draft: Draft, effects: LinkEffect[]): void {
  draft.failures += 1;
  if (draft.failures >= draft.options.maxFailures) {
    effects.push({ type: 'stopTimer', name: 'reply' });
    put(effects, Uint8Array.of(EOT), 'eot');
    finishSending(draft, effects, 'refused', 'frameRefused');
    return;
  }
  effects.push({ type: 'count', what: 'retries', n: 1, note: 'L10' });
  nextFrame(draft, effects);
}

function nextFrame(draft: Draft, effects: LinkEffect[]): void {
  const frame = draft.out?.frames[draft.index];
  if (frame !== undefined) {
    put(effects, frame, 'send');
    effects.push({ type: 'startTimer', name: 'reply', ms: draft.options.replyMs });
    return;
  }
  effects.push({ type: 'stopTimer', name: 'reply' });
  put(effects, Uint8Array.of(EOT), 'eot');
  const interrupted = draft.stopAsked;
  finishSending(draft, effects, 'accepted');
  // L13: the other side wants to speak; leave it the line.
  if (interrupted) pause(draft, effects, 'interrupted', draft.options.interruptedMs);
}

/** Timers `reply` (L5, L8) and `holdoff` (L6, L7, L13). */
export function sendTimer(draft: Draft, effects: LinkEffect[], name: LinkTimer): void {
  if (name === 'holdoff') {
    draft.holdoff = null;
    return;
  }
  if (draft.phase !== 'asking' && draft.phase !== 'sending') return;
  const asking = draft.phase === 'asking';
  // L13: the other side is sending all the while; to it an EOT would mean that its frame has been accepted.
  const spokenOver = asking && /[\x02\x03\x17]/.test(draft.junk);
  flushJunk(draft, effects);
  effects.push({
    type: 'count',
    what: 'timeouts',
    n: 1,
    note: asking ? 'L5 no answer to ENQ' : 'L8 no answer',
  });
  if (!spokenOver) put(effects, Uint8Array.of(EOT), 'eot');
  draft.phase = 'idle';
  if (!asking || draft.asks >= draft.options.maxAsks) {
    finishSending(draft, effects, 'aborted', asking ? 'noAnswer' : 'timeout');
  }
  if (asking) pause(draft, effects, 'unanswered', draft.options.refusedMs);
}

/** Reports the fate of the message on its way out and frees the line. */
export function finishSending(
  draft: Draft,
  effects: LinkEffect[],
  outcome: SendOutcome,
  reason?: SendReason,
): void {
  const out = draft.out;
  if (draft.phase === 'asking' || draft.phase === 'sending') {
    effects.push({ type: 'stopTimer', name: 'reply' });
    draft.phase = 'idle';
  }
  draft.out = null;
  draft.index = 0;
  if (out === null) return;
  const done = { type: 'sendDone', id: out.id, outcome } as const;
  effects.push(reason === undefined ? done : { ...done, reason });
}

function pause(draft: Draft, effects: LinkEffect[], why: NonNullable<Draft['holdoff']>, ms: number): void {
  draft.holdoff = why;
  effects.push({ type: 'startTimer', name: 'holdoff', ms });
}

function put(effects: LinkEffect[], bytes: Uint8Array, mark: JournalMark): void {
  effects.push({ type: 'journal', direction: 'out', bytes, mark, durable: false });
  effects.push({ type: 'write', bytes });
}
