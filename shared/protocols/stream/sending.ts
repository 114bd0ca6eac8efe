/**
 * Our own blocks on a line protocol: sent when the line is free, answered by the device as its handshake says, sent again when refused or unanswered.
 * Pure: each function tells what changes and what is to be done.
 */
import { ACK, ENQ, EOT, fromBinary, NAK, toBinary } from '../astm/bytes.ts';
import type { StreamCount, StreamEffect, StreamMark, StreamSending, StreamState } from './machine-types.ts';

/** What a step makes of the state. */
export interface Step {
  change: Partial<StreamState>;
  effects: StreamEffect[];
}

const NOTHING: Step = { change: {}, effects: [] };

/** Puts a block behind those that wait. On a closed line it is given up at once, so that whoever sent it may try again later. */
export function queueSend(state: StreamState, id: string, block: Uint8Array): Step {
  if (!state.open)
    return { change: {}, effects: [{ type: 'sendDone', id, outcome: 'aborted', reason: 'closed' }] };
  return { change: { outgoing: [...state.outgoing, { id, block: toBinary(block) }] }, effects: [] };
}

/** Begins with what waits longest, when nothing is being received and nothing is on its way. */
export function startSend(state: StreamState): Step {
  const [next, ...outgoing] = state.outgoing;
  const free =
    state.open &&
    state.sending === null &&
    state.awaiting === null &&
    state.at === 'between' &&
    !state.asked &&
    !state.assembly.open;
  if (next === undefined || !free) return NOTHING;
  switch (state.framing.handshake) {
    case 'none':
      return {
        change: { outgoing },
        effects: [...wrote(next.block, 'block'), { type: 'sendDone', id: next.id, outcome: 'accepted' }],
      };
    case 'ackBlock':
      return offer({ ...next, at: 'sent', tries: 1, refused: false }, state, outgoing);
    case 'enqAck':
      return offer({ ...next, at: 'asking', tries: 1, refused: false }, state, outgoing);
  }
}

/** Whether this byte, outside a block, is the device's answer to ours. */
export function isAnswer({ sending }: StreamState, byte: string): boolean {
  return sending !== null && (byte === chr(ACK) || byte === chr(NAK));
}

/** The device answered. */
export function hearAnswer(state: StreamState, byte: string): Step {
  const { sending } = state;
  if (sending === null) return NOTHING;
  const yes = byte === chr(ACK);
  const heard: StreamEffect[] = [
    journal('in', byte, yes ? 'ack' : 'nak'),
    ...(yes ? [] : [count('naksReceived')]),
  ];
  // A device that is busy is not pressed: whoever sends tries again later.
  if (!yes && sending.at === 'asking')
    return also(heard, done(sending, state, { outcome: 'aborted', reason: 'busy' }));
  if (!yes) return also(heard, again({ ...sending, refused: true }, state));
  if (sending.at === 'asking')
    return also(heard, offer({ ...sending, at: 'sent', tries: 1, refused: false }, state, state.outgoing));
  return also(heard, done(sending, state, { outcome: 'accepted' }));
}

/** No answer in time. While a block of the device is coming in, its answer may still be behind it. */
export function answerDue(state: StreamState): Step {
  const { sending } = state;
  if (sending === null) return NOTHING;
  if (state.at !== 'between' || state.awaiting !== null)
    return { change: {}, effects: [{ type: 'startTimer', name: 'answer', ms: state.framing.answerMs }] };
  return also(
    [count('noAnswers'), journal('in', '', 'noAnswer', 'to what we sent')],
    again({ ...sending, refused: false }, state),
  );
}

/** Both asked at once: the device goes first, ours waits (L7). */
export function yieldTo(state: StreamState): Step {
  const { sending } = state;
  if (sending === null || sending.at !== 'asking') return NOTHING;
  return {
    change: { sending: null, outgoing: [{ id: sending.id, block: sending.block }, ...state.outgoing] },
    effects: [{ type: 'stopTimer', name: 'answer' }, count('contentions')],
  };
}

/** The line was lost: what waits and what is on its way is given up. */
export function cancelSends(state: StreamState): Step {
  const all = [...(state.sending === null ? [] : [state.sending]), ...state.outgoing];
  if (all.length === 0) return NOTHING;
  return {
    change: { sending: null, outgoing: [] },
    effects: [
      { type: 'stopTimer', name: 'answer' },
      ...all.map(({ id }): StreamEffect => ({ type: 'sendDone', id, outcome: 'aborted', reason: 'closed' })),
    ],
  };
}

function offer(sending: StreamSending, state: StreamState, outgoing: StreamState['outgoing']): Step {
  const asks = sending.at === 'asking';
  return {
    change: { sending, outgoing },
    effects: [
      ...(asks ? wrote(chr(ENQ), 'enq') : wrote(sending.block, 'block')),
      { type: 'startTimer', name: 'answer', ms: state.framing.answerMs },
    ],
  };
}

function again(sending: StreamSending, state: StreamState): Step {
  if (sending.tries > state.framing.repeats) {
    if (sending.refused) return done(sending, state, { outcome: 'refused', reason: 'frameRefused' });
    return done(sending, state, { outcome: 'aborted', reason: 'noAnswer' });
  }
  return also([count('retries')], offer({ ...sending, tries: sending.tries + 1 }, state, state.outgoing));
}

function done(
  { id, at }: StreamSending,
  { framing }: StreamState,
  how: Pick<Extract<StreamEffect, { type: 'sendDone' }>, 'outcome' | 'reason'>,
): Step {
  const ends = framing.handshake === 'enqAck' && at === 'sent';
  return {
    change: { sending: null },
    effects: [
      { type: 'stopTimer', name: 'answer' },
      ...(ends ? wrote(chr(EOT), 'eot') : []),
      { type: 'sendDone', id, ...how },
    ],
  };
}

function wrote(bytes: string, mark: StreamMark): StreamEffect[] {
  return [
    journal('out', bytes, mark),
    { type: 'write', bytes: fromBinary(bytes) },
    ...(mark === 'block' ? [count('blocksSent')] : []),
  ];
}

function journal(direction: 'in' | 'out', bytes: string, mark: StreamMark, note?: string): StreamEffect {
  const row = { type: 'journal', direction, bytes: fromBinary(bytes), mark, durable: false } as const;
  return note === undefined ? row : { ...row, note };
}

function count(what: StreamCount): StreamEffect {
  return { type: 'count', what, n: 1 };
}

function also(effects: readonly StreamEffect[], step: Step): Step {
  return { change: step.change, effects: [...effects, ...step.effects] };
}

function chr(byte: number): string {
  return String.fromCharCode(byte);
}
