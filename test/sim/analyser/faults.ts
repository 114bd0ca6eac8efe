/** A line that misbehaves on purpose, by seed: wraps the analyser's transport. */
import type { Connection, Transport } from '../../../main/engine/instruments/transports/transport.ts';
import type { Timers } from '../../../main/engine/timers.ts';
import { ACK, ENQ, EOT, NAK, STX } from '../../../shared/protocols/astm/bytes.ts';
import { buildFrame, parseFrame } from '../../../shared/protocols/astm/frame.ts';
import { type Random, seeded } from './random.ts';

export type FaultName =
  | 'badChecksum'
  | 'splitPackets'
  | 'duplicateFrame'
  | 'hangUp'
  | 'lostAck'
  | 'wrongNumber'
  /** ASTM: the host and the analyser ask at the same moment (L7) */
  | 'contention'
  /** HL7: two blocks in one packet, noise in front of a block, an answer that names another message */
  | 'mergedBlocks'
  | 'garbage'
  | 'wrongAnswer';

/** L7: an analyser that met the host's ENQ asks again after this time, milliseconds. */
const INSIST_MS = 1_000;

/** Chance of each fault per frame, of contention per ENQ of the host, 0..1. */
export type FaultRates = Partial<Record<FaultName, number>>;

export const DEFAULT_RATES: FaultRates = {
  badChecksum: 0.03,
  splitPackets: 0.2,
  duplicateFrame: 0.03,
  hangUp: 0.005,
  lostAck: 0.005,
  wrongNumber: 0.02,
  contention: 0.1,
  mergedBlocks: 0.05,
  garbage: 0.05,
  wrongAnswer: 0.02,
};

export interface FaultOptions {
  seed: number;
  rates?: FaultRates;
  onFault?(name: FaultName): void;
}

/** The same line with faults on what the analyser sends, ACKs that get lost on their way back, and ENQs that meet. */
export function faultyTransport(inner: Transport, options: FaultOptions, timers: Timers): Transport {
  const random = seeded(options.seed);
  const rates = options.rates ?? DEFAULT_RATES;
  const strikes = (name: FaultName): boolean => {
    if (random() >= (rates[name] ?? 0)) return false;
    options.onFault?.(name);
    return true;
  };
  let line: FaultyLine | null = null;
  return {
    kind: inner.kind,
    stop: () => inner.stop(),
    start(events) {
      inner.start({
        ...events,
        opened(connection) {
          line = new FaultyLine(connection, strikes, random, timers);
          events.opened(line);
        },
        data(_, bytes) {
          if (line !== null) events.data(line, line.filter(bytes));
        },
        closed(_, reason) {
          const lost = line;
          line = null;
          lost?.end();
          if (lost !== null) events.closed(lost, reason);
        },
      });
    },
  };
}

class FaultyLine implements Connection {
  readonly id: string;
  readonly peer: string;
  readonly #inner: Connection;
  readonly #strikes: (name: FaultName) => boolean;
  readonly #random: Random;
  readonly #timers: Timers;
  #pieces: Uint8Array[] = [];
  #swallow = 0;
  #open = true;
  /** the analyser has the line, from its ENQ to its EOT */
  #speaks = false;
  /** an ENQ of its own met the host's: it waits to ask again, has asked and has nothing to say, or has had its turn */
  #met: 'no' | 'waits' | 'asks' | 'done' = 'no';
  #cancel: () => void = () => undefined;

  constructor(inner: Connection, strikes: (name: FaultName) => boolean, random: Random, timers: Timers) {
    this.id = inner.id;
    this.peer = inner.peer;
    this.#inner = inner;
    this.#strikes = strikes;
    this.#random = random;
    this.#timers = timers;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 1 && bytes[0] === ENQ) this.#begins();
    if (bytes.length === 1 && bytes[0] === EOT) this.#speaks = false;
    const frame = bytes[0] === STX ? parseFrame(bytes) : null;
    if (frame === null) {
      this.#queue(bytes, false);
      return;
    }
    if (this.#strikes('hangUp')) {
      this.#queue(bytes.subarray(0, Math.floor(this.#random() * bytes.length)), false);
      setImmediate(() => this.#inner.close());
      return;
    }
    let sent = bytes;
    if (this.#strikes('badChecksum')) {
      sent = bytes.slice();
      sent[sent.length - 3] = sent[sent.length - 3] === 0x30 ? 0x31 : 0x30;
    } else if (this.#strikes('wrongNumber')) {
      sent = buildFrame((frame.number + 3) % 8, frame.text, frame.last);
    } else if (this.#strikes('lostAck')) this.#swallow += 1;
    else if (this.#strikes('duplicateFrame')) {
      // Both copies are answered; the analyser hears one answer, the last.
      this.#swallow += 1;
      this.#queue(sent, false);
    }
    this.#queue(sent, this.#strikes('splitPackets'));
  }

  /** Takes out the ACKs that get lost, an ENQ that meets one of the analyser, and what belongs to that meeting. */
  filter(bytes: Uint8Array): Uint8Array {
    return bytes.filter((byte) => {
      if (byte === ENQ && this.#meets()) return false;
      if (this.#met === 'asks' && (byte === ACK || byte === NAK)) {
        this.#met = 'done';
        if (byte === ACK) this.#queue(Uint8Array.of(EOT), false);
        return false;
      }
      if (byte !== ACK || this.#swallow === 0) return true;
      this.#swallow -= 1;
      return false;
    });
  }

  /** The host asked while the analyser was silent: both ask, and the analyser asks again after a second (L7). */
  #meets(): boolean {
    const goesOn = this.#met === 'done';
    if (goesOn) this.#met = 'no';
    if (goesOn || this.#speaks || this.#met !== 'no' || !this.#strikes('contention')) return false;
    this.#met = 'waits';
    this.#queue(Uint8Array.of(ENQ), false);
    this.#cancel = this.#timers.set(INSIST_MS, () => {
      this.#met = 'asks';
      this.#queue(Uint8Array.of(ENQ), false);
    });
    return true;
  }

  /** The analyser has something to say after all: its own ENQ stands for the one that would have come. */
  #begins(): void {
    this.#speaks = true;
    this.#cancel();
    if (this.#met === 'asks') this.#swallow += 1;
    this.#met = 'no';
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(): void {
    this.#inner.close();
  }

  end(): void {
    this.#open = false;
    this.#cancel();
    this.#pieces = [];
  }

  /** Pieces leave one per turn of the event loop, in order. */
  #queue(bytes: Uint8Array, split: boolean): void {
    const idle = this.#pieces.length === 0;
    for (let at = 0; at < bytes.length; ) {
      const to = split ? Math.min(bytes.length, at + 1 + Math.floor(this.#random() * 40)) : bytes.length;
      this.#pieces.push(bytes.subarray(at, to));
      at = to;
    }
    if (idle) this.#drain();
  }

  #drain(): void {
    const next = this.#pieces[0];
    if (next === undefined || !this.#open) return;
    this.#inner.write(next);
    this.#pieces.shift();
    if (this.#pieces.length > 0) setImmediate(() => this.#drain());
  }
}
