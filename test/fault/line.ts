/**
 * A line between a simulated analyser and a bench that loses, spoils, cuts, joins and repeats what goes over it, by seed and in virtual time. What it
 * does is bounded by what a line does: bytes keep their order, answers of one byte (ACK, NAK) are lost but not invented, and where a block is sent twice the
 * analyser hears one answer. Protocols whose answers name nothing cannot tell an invented answer from a true one.
 */
import {
  type Connection,
  nextConnectionId,
  type Transport,
  type TransportEvents,
} from '../../main/engine/instruments/transports/transport.ts';
import type { Profile } from '../../shared/profiles/profile.ts';
import { ACK, concatBytes, EOT, NAK, STX, toBinary } from '../../shared/protocols/astm/bytes.ts';
import { buildFrame, parseFrame } from '../../shared/protocols/astm/frame.ts';
import type { Random } from '../sim/analyser/random.ts';
import type { World } from './world.ts';

/** Chance of each fault per block written, 0..1. */
export interface LineFaults {
  /** one bit, sometimes up to three, of a block */
  bitFlip: number;
  /** one byte, sometimes up to three, of a block */
  lostByte: number;
  /** a whole block, or the ENQ or EOT between */
  lostBlock: number;
  /** what the bench says: an ACK, a NAK, an acknowledgement */
  lostAnswer: number;
  /** bytes that mean nothing, in front of a block */
  noise: number;
  split: number;
  /** one block waits and leaves together with the next */
  merge: number;
  duplicate: number;
  /** ASTM: a frame with another number and the checksum for it */
  wrongNumber: number;
  /** ASTM: EOT behind a frame */
  earlyEot: number;
  /** the line is lost in the middle of a block */
  hangUp: number;
}

export const NO_FAULTS: LineFaults = {
  bitFlip: 0,
  lostByte: 0,
  lostBlock: 0,
  lostAnswer: 0,
  noise: 0,
  split: 0,
  merge: 0,
  duplicate: 0,
  wrongNumber: 0,
  earlyEot: 0,
  hangUp: 0,
};

export interface LineOptions {
  world: World;
  profile: Profile;
  random: Random;
  faults: LineFaults;
  /** A serial line: what is written while nobody listens is gone, and nobody is told. Else TCP: a lost side is seen by the other. */
  serial: boolean;
  /** told of every fault */
  onFault?(name: string): void;
  /** told in the very turn in which the bench has heard something, or says something */
  onMoment?(what: 'hears' | 'says'): void;
  /** told of everything that is written and arrives, in words */
  onTrace?(text: string): void;
}

/** One end of the line while it is open. */
interface End {
  events: TransportEvents;
  connection: Connection;
  paused: boolean;
  held: Uint8Array[];
}

/** Control characters in noise: NUL, BEL, LF, VT, CR, XON, XOFF, FS. */
const ODD = [0x00, 0x07, 0x0a, 0x0b, 0x0d, 0x11, 0x13, 0x1c];
/** Bytes in motion may wait so long for the next block to join them, milliseconds. */
const MERGE_MS = 300;
const RECONNECT_MS = 1_000;

type Side = 'device' | 'host';

export class FaultyLine {
  readonly #options: LineOptions;
  readonly #listening = new Map<Side, TransportEvents>();
  readonly #ends = new Map<Side, End>();
  readonly #arrives = { device: 0, host: 0 };
  #calm = false;
  #swallow = 0;
  #joined: Uint8Array | null = null;
  #opening = false;
  /** Blocks of the device as it wrote them, without their ends. */
  readonly written = new Set<string>();
  /** Frames whose number was changed on the way, without their ends. */
  readonly renumbered = new Set<string>();
  /** The analyser's end. */
  readonly device: Transport;

  constructor(options: LineOptions) {
    this.#options = options;
    this.device = this.#transport('device');
  }

  /** The bench's end, for one life of it. */
  host(): Transport {
    return this.#transport('host');
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#calm = true;
    this.#swallow = 0;
  }

  /** The bench was killed: its end is gone. On TCP the analyser is told. */
  hostDied(): void {
    this.#listening.delete('host');
    this.#ends.delete('host');
    if (!this.#options.serial) this.#lose('host', 'reset by the other side');
  }

  #transport(side: Side): Transport {
    const transport: Transport = {
      kind: 'mock',
      start: (events) => {
        this.#listening.set(side, events);
        events.status({ state: 'waiting', text: 'mock' });
        this.#open();
      },
      stop: async () => {
        this.#lose(side, 'closed here');
        this.#listening.delete(side);
      },
    };
    return transport;
  }

  #open(): void {
    const { world, random, serial } = this.#options;
    if (this.#opening) return;
    this.#opening = true;
    world.set(10 + random() * 400, () => {
      this.#opening = false;
      const both = this.#listening.has('device') && this.#listening.has('host');
      for (const [side, events] of this.#listening) {
        if (this.#ends.has(side) || (!both && !serial)) continue;
        const connection = this.#connection(side);
        this.#ends.set(side, { events, connection, paused: false, held: [] });
        events.count('connections');
        events.status({ state: 'open', text: 'mock' });
        events.opened(connection);
      }
    });
  }

  #connection(side: Side): Connection {
    const connection: Connection = {
      id: nextConnectionId(),
      peer: 'mock',
      write: (bytes) => {
        if (this.#ends.get(side)?.connection !== connection) return;
        this.#options.onTrace?.(`${side} writes ${shown(bytes)}`);
        if (side === 'device') this.#fromDevice(bytes.slice());
        else {
          this.#fromHost(bytes.slice());
          this.#options.onMoment?.('says');
        }
      },
      pause: () => this.#pause(side, connection, true),
      resume: () => this.#pause(side, connection, false),
      close: () => {
        if (this.#ends.get(side)?.connection === connection) this.#lose(side, 'closed here');
      },
    };
    return connection;
  }

  #pause(side: Side, connection: Connection, paused: boolean): void {
    const end = this.#ends.get(side);
    if (end?.connection !== connection) return;
    end.paused = paused;
    while (!end.paused && this.#ends.get(side) === end) {
      const next = end.held.shift();
      if (next === undefined) break;
      end.events.data(end.connection, next);
    }
  }

  /** Both ends are told, and try again; on a serial line there is nothing to be told. */
  #lose(by: Side, reason: string): void {
    for (const [side, end] of [...this.#ends]) {
      if (this.#options.serial && side !== by) continue;
      this.#ends.delete(side);
      this.#options.onTrace?.(`${side} loses the line: ${reason}`);
      end.events.closed(end.connection, side === by ? reason : 'closed by the other side');
      end.events.status({ state: 'waiting', text: 'mock' });
    }
    this.#joined = null;
    this.#options.world.set(RECONNECT_MS, () => this.#open());
  }

  #happens(name: keyof LineFaults): boolean {
    const chance = this.#options.faults[name];
    if (this.#calm || chance === 0 || this.#options.random() >= chance) return false;
    this.#options.onFault?.(name);
    return true;
  }

  #whole(low: number, high: number): number {
    return low + Math.floor(this.#options.random() * (high - low + 1));
  }

  #fromDevice(bytes: Uint8Array): void {
    const block = bytes.length > 1;
    if (block) this.written.add(unended(bytes));
    const astm = this.#options.profile.protocol === 'astm';
    const frame = astm && bytes[0] === STX ? parseFrame(bytes) : null;
    if (block && this.#happens('hangUp')) {
      this.#send('host', bytes.subarray(0, this.#whole(0, bytes.length - 1)), false);
      this.#options.world.set(this.#arrives.host - this.#options.world.now + 1, () =>
        this.#lose('device', 'hung up'),
      );
      return;
    }
    if (this.#happens('lostBlock')) return;
    let sent = bytes;
    if (frame !== null && this.#happens('wrongNumber')) {
      sent = buildFrame((frame.number + this.#whole(2, 6)) % 8, frame.text, frame.last);
      this.renumbered.add(unended(sent));
    }
    if (block && this.#happens('bitFlip')) sent = this.#flipped(sent);
    if (block && this.#happens('lostByte')) sent = this.#shortened(sent);
    if (block && this.#happens('duplicate')) {
      // The analyser hears one answer, the last.
      if (this.#options.profile.protocol !== 'hl7') this.#swallow += 1;
      sent = concatBytes([sent, sent]);
    }
    if (this.#happens('noise')) {
      const noise = Uint8Array.from({ length: this.#whole(1, 20) }, () =>
        this.#options.random() < 0.1 ? (ODD[this.#whole(0, ODD.length - 1)] ?? 0) : this.#whole(0x20, 0xff),
      );
      sent = concatBytes([noise, sent]);
    }
    if (frame !== null && this.#happens('earlyEot')) sent = concatBytes([sent, Uint8Array.of(EOT)]);
    if (this.#joined !== null) {
      sent = concatBytes([this.#joined, sent]);
      this.#joined = null;
    } else if (block && this.#happens('merge')) {
      this.#joined = sent;
      this.#options.world.set(MERGE_MS, () => {
        const alone = this.#joined;
        this.#joined = null;
        if (alone !== null) this.#send('host', alone, false);
      });
      return;
    }
    this.#send('host', sent, this.#happens('split'));
  }

  #fromHost(bytes: Uint8Array): void {
    const answer = bytes.length === 1 && (bytes[0] === ACK || bytes[0] === NAK);
    if (answer && this.#swallow > 0) {
      this.#swallow -= 1;
      return;
    }
    if (this.#happens('lostAnswer')) return;
    const block = bytes.length > 1;
    const sent = block && this.#happens('bitFlip') ? this.#flipped(bytes) : bytes;
    this.#send('device', sent, sent.length > 1 && this.#happens('split'));
  }

  #flipped(bytes: Uint8Array): Uint8Array {
    const out = bytes.slice();
    const times = this.#options.random() < 0.8 ? 1 : this.#whole(2, 3);
    for (let n = 0; n < times; n += 1) {
      const at = this.#whole(0, out.length - 1);
      out[at] = (out[at] ?? 0) ^ (1 << this.#whole(0, 7));
    }
    return out;
  }

  #shortened(bytes: Uint8Array): Uint8Array {
    const at = this.#whole(0, bytes.length - 1);
    const n = this.#options.random() < 0.8 ? 1 : this.#whole(2, 3);
    return concatBytes([bytes.subarray(0, at), bytes.subarray(at + n)]);
  }

  /** Puts bytes on their way, behind those that are on it. */
  #send(to: Side, bytes: Uint8Array, split: boolean): void {
    const { world, random } = this.#options;
    for (let at = 0; at < bytes.length; ) {
      const end = split
        ? Math.min(bytes.length, at + this.#whole(1, Math.max(2, bytes.length >> 2)))
        : bytes.length;
      const piece = bytes.subarray(at, end);
      this.#arrives[to] = Math.max(this.#arrives[to], world.now + 1 + random() * 20);
      // Bytes are for the connection they were written to.
      const aim = this.#ends.get(to);
      world.set(this.#arrives[to] - world.now, () => {
        const there = this.#ends.get(to);
        if (there === undefined || (there !== aim && !this.#options.serial)) return;
        this.#options.onTrace?.(`${to} hears ${shown(piece)}`);
        if (there.paused) there.held.push(piece);
        else there.events.data(there.connection, piece);
        if (to === 'host') this.#options.onMoment?.('hears');
      });
      at = end;
    }
  }
}

/** A block without its last CR, LF and FS, by which it is known again. */
export function unended(bytes: Uint8Array): string {
  return toBinary(bytes).replace(/[\r\n\x1c]+$/, '');
}

/** Bytes for a person: control characters by name, at most 120. */
function shown(bytes: Uint8Array): string {
  const names: Record<number, string> = {
    2: 'STX',
    3: 'ETX',
    4: 'EOT',
    5: 'ENQ',
    6: 'ACK',
    10: 'LF',
    13: 'CR',
    21: 'NAK',
    23: 'ETB',
  };
  const text = [...bytes.subarray(0, 120)]
    .map((byte) =>
      names[byte] !== undefined
        ? `<${names[byte]}>`
        : byte < 32 || byte > 126
          ? `<${byte.toString(16).padStart(2, '0')}>`
          : String.fromCharCode(byte),
    )
    .join('');
  return bytes.length > 120 ? `${text} … ${bytes.length} bytes` : text;
}
