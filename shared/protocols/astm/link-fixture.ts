/** Test help: drives link machines with virtual time and no I/O. Used by tests only. */
import { concatBytes } from './bytes.ts';
import {
  createLink,
  type LinkEffect,
  type LinkInput,
  type LinkOptions,
  type LinkRole,
  step,
  stepChunk,
} from './link.ts';

/** A machine with a scripted interpreter: answers durable journal effects, records everything else. */
export function driveLink(role: LinkRole, options: Partial<LinkOptions> = {}) {
  let state = createLink(role, options);
  const effects: LinkEffect[] = [];
  const timers = new Map<string, number>();
  let storeOk = true;
  const take = (list: LinkEffect[]): void => {
    for (const effect of list) {
      effects.push(effect);
      if (effect.type === 'startTimer') timers.set(effect.name, effect.ms);
      if (effect.type === 'stopTimer') timers.delete(effect.name);
      if (effect.type === 'journal' && effect.durable) give({ type: 'stored', ok: storeOk });
    }
  };
  const give = (input: LinkInput): void => {
    if (input.type === 'timer') timers.delete(input.name);
    const next = step(state, input);
    state = next.state;
    take(next.effects);
  };
  const api = {
    effects,
    timers,
    get state() {
      return state;
    },
    /** Whether journal rows can be stored from now on. */
    storing(ok: boolean) {
      storeOk = ok;
    },
    give,
    /** Byte by byte. */
    bytes(...parts: (Uint8Array | number)[]) {
      for (const part of parts) {
        for (const byte of typeof part === 'number' ? [part] : part) give({ type: 'byte', byte });
      }
      return api;
    },
    /** As one chunk, through `stepChunk`. */
    chunk(bytes: Uint8Array) {
      let at = 0;
      while (at < bytes.length) {
        const next = stepChunk(state, bytes, at);
        state = next.state;
        at = next.consumed;
        take(next.effects);
      }
      return api;
    },
    /** Everything written to the line so far, then forgotten. */
    written(): number[] {
      const all = effects.filter((effect) => effect.type === 'write').map((effect) => effect.bytes);
      effects.splice(0, effects.length, ...effects.filter((effect) => effect.type !== 'write'));
      return [...concatBytes(all)];
    },
    of<T extends LinkEffect['type']>(type: T): Extract<LinkEffect, { type: T }>[] {
      return effects.filter((effect): effect is Extract<LinkEffect, { type: T }> => effect.type === type);
    },
    count(what: string): number {
      let sum = 0;
      for (const effect of effects) if (effect.type === 'count' && effect.what === what) sum += effect.n;
      return sum;
    },
  };
  give({ type: 'opened' });
  return api;
}

/** Small seeded generator (mulberry32): numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
