/** Test help: framings, and a run of the machine over bytes with a journal that always stores. Used by tests only. */
import { StreamLink } from '../../profiles/schema/stream.ts';
import { toBinary } from '../astm/bytes.ts';
import { type Framing, framingOf } from './framing.ts';
import { createStream, type StreamEffect, type StreamInput, step, stepChunk } from './machine.ts';

/** A framing from what a profile's `link` says. */
export function framing(link: unknown = {}): Framing {
  return framingOf(StreamLink.parse(link));
}

/** A machine on an open line. `store` answers every durable row; what it did is in `effects`. */
export function runStream(of: Framing, store: () => boolean = () => true) {
  let state = step(createStream(of), { type: 'opened' }).state;
  const effects: StreamEffect[] = [];
  const settle = (next: { state: typeof state; effects: StreamEffect[] }): void => {
    state = next.state;
    effects.push(...next.effects);
    while (state.awaiting !== null) {
      const stored = step(state, { type: 'stored', ok: store() });
      state = stored.state;
      effects.push(...stored.effects);
    }
  };
  return {
    effects,
    state: () => state,
    give: (input: StreamInput) => settle(step(state, input)),
    receive(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; ) {
        const next = stepChunk(state, bytes, at);
        at = next.consumed;
        settle(next);
      }
    },
    /** what was sent back, as names */
    answers: () =>
      effects.flatMap((one) => (one.type === 'write' ? [one.bytes[0] === 6 ? 'ACK' : 'NAK'] : [])),
    messages: () => effects.flatMap((one) => (one.type === 'message' ? [toBinary(one.text)] : [])),
    broken: () =>
      effects.flatMap((one) => (one.type === 'broken' ? [`${one.reason}: ${toBinary(one.text)}`] : [])),
    spoiled: () => effects.flatMap((one) => (one.type === 'spoiled' ? [one.why] : [])),
    journalled: () =>
      effects
        .flatMap((one) => (one.type === 'journal' && one.direction === 'in' ? [toBinary(one.bytes)] : []))
        .join(''),
    count: (what: string) =>
      effects.reduce((sum, one) => sum + (one.type === 'count' && one.what === what ? one.n : 0), 0),
  };
}
