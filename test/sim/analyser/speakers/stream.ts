/** A device with a protocol of its own: sends blocks, waits for the answers its handshake asks for, and misbehaves on purpose by seed. */
import type { SendResult } from '../../../../main/engine/instruments/link/ports.ts';
import type { Connection } from '../../../../main/engine/instruments/transports/transport.ts';
import type { StreamProfile } from '../../../../shared/profiles/profile.ts';
import { ACK, ENQ, EOT, NAK } from '../../../../shared/protocols/astm/bytes.ts';
import {
  buildBlock,
  checksumLength,
  framingOf,
  joinBlocks,
  readBlock,
  splitBlocks,
} from '../../../../shared/protocols/stream/framing.ts';
import { DEFAULT_RATES, type FaultName } from '../faults.ts';
import type { HostAnswer } from '../messages.ts';
import { seeded } from '../random.ts';
import { renderResults } from './render.ts';
import type { DeviceSpeaker, SpeakerContext } from './speaker.ts';

/** How long an answer is waited for, and how often a block is sent again. */
const ANSWER_MS = 3_000;
const REPEATS = 6;

export function streamSpeaker(profile: StreamProfile, context: SpeakerContext): DeviceSpeaker {
  const { transport, timers, faults } = context;
  if (transport === undefined) throw new Error(`${profile.id} needs a line`);
  const framing = framingOf(profile.link);
  const random = seeded(faults?.seed ?? 1);
  const counters: Record<string, number> = {};
  let line: Connection | null = null;
  let state = 'noAnswer';
  let hear: ((byte: number) => void) | null = null;
  const count = (what: string): void => {
    counters[what] = (counters[what] ?? 0) + 1;
  };
  const strikes = (name: FaultName): boolean => {
    if (faults === undefined || random() >= ((faults.rates ?? DEFAULT_RATES)[name] ?? 0)) return false;
    context.onFault(name);
    return true;
  };
  const tell = (next: string, text: string): void => {
    state = next;
    context.onState(next, text);
  };
  /** The next byte from the host; null: none in time, or the line was lost. */
  const answer = (): Promise<number | null> =>
    new Promise((done) => {
      const end = (byte: number | null): void => {
        hear = null;
        cancel();
        done(byte);
      };
      const cancel = timers.set(ANSWER_MS, () => end(null));
      hear = end;
    });
  const write = (bytes: Uint8Array): void => {
    if (!strikes('splitPackets')) line?.write(bytes);
    else for (const byte of bytes) line?.write(Uint8Array.of(byte));
  };
  const asked = async (bytes: Uint8Array): Promise<number | null> => {
    const heard = answer();
    write(bytes);
    return heard;
  };
  /** One block until it is taken. */
  const sendBlock = async (text: Uint8Array): Promise<SendResult> => {
    const block = buildBlock(text, framing);
    for (let tries = 0; tries < REPEATS; tries += 1) {
      if (line === null) return { outcome: 'aborted', reason: 'closed' };
      if (strikes('hangUp')) {
        line.write(block.subarray(0, Math.floor(random() * block.length)));
        line.close();
        return { outcome: 'aborted', reason: 'closed' };
      }
      const sent = block.slice();
      if (framing.checksum.kind !== 'none' && strikes('badChecksum')) {
        const at = framing.start.length + 1;
        sent[at] = (sent[at] ?? 0) ^ 1;
      }
      count('blocks');
      if (framing.handshake === 'none') {
        write(sent);
        return { outcome: 'accepted' };
      }
      const heard = await asked(sent);
      if (heard === ACK) {
        if (strikes('duplicateFrame') && (await asked(sent)) !== ACK) continue;
        return { outcome: 'accepted' };
      }
      count(heard === null ? 'timeouts' : 'naks');
    }
    return { outcome: 'refused', reason: 'frameRefused' };
  };
  const device = { profile, serial: context.serial, operator: context.operator };
  /** A block of the host that is coming in; null between blocks. */
  let coming: string | null = null;
  let taken = '';
  /** The host's blocks are answered ACK or NAK, and their orders told; what stands outside them is its answer to ours. */
  const byteFromHost = (byte: number): void => {
    const char = String.fromCharCode(byte);
    if (coming === null) {
      if (framing.start !== '' && char === framing.start && profile.orders !== null) coming = char;
      else hear?.(byte);
      return;
    }
    coming += char;
    const end = coming.length - checksumLength(framing) - framing.end.length;
    if (end < 1 || coming.slice(end, end + framing.end.length) !== framing.end) return;
    const { text, fault } = readBlock(coming, framing);
    const again = coming === taken;
    taken = fault === null ? coming : '';
    coming = null;
    if (fault === null && strikes('lostAck')) return;
    line?.write(Uint8Array.of(fault === null ? ACK : NAK));
    if (fault === null && !again) context.onOrders(ordersIn(profile, text));
  };
  return {
    start: () =>
      transport.start({
        opened(connection) {
          line = connection;
          coming = null;
          tell('ready', 'open');
        },
        closed(connection, reason) {
          if (line !== connection) return;
          line = null;
          hear?.(-1);
          connection.close();
          tell('noAnswer', reason);
        },
        data(_, bytes) {
          for (const byte of bytes) byteFromHost(byte);
        },
        status: (status) => context.onState(state, status.text),
        count: () => undefined,
      }),
    stop: () => transport.stop(),
    async send(message) {
      const texts = splitBlocks(message, framing);
      if (line === null) return { outcome: 'aborted', reason: 'closed' };
      const asks = framing.handshake === 'enqAck';
      if (asks && (await asked(Uint8Array.of(ENQ))) !== ACK)
        return { outcome: 'aborted', reason: 'noAnswer' };
      for (const text of texts) {
        const sent = await sendBlock(text);
        if (sent.outcome !== 'accepted') return sent;
      }
      if (asks) line?.write(Uint8Array.of(EOT));
      return { outcome: 'accepted' };
    },
    results: (about) => joinBlocks(renderResults(device, about).map(latin), framing),
    query(_, specimenId) {
      const asks = requestText(profile, specimenId);
      taken = '';
      return asks === null ? null : joinBlocks([asks], framing);
    },
    counters: () => ({ ...counters }),
    state: () => state,
  };
}

/** Characters a device of one byte per character has. */
function latin(text: string): string {
  return [...text].map((one) => (one > '\xff' ? '?' : one)).join('');
}

/** The request of a device for the work of a specimen; null: it cannot ask. Rack, cup and sample number are made up. */
function requestText({ orders }: StreamProfile, specimenId: string): string | null {
  if (orders === null) return null;
  const { ask, specimen, echo } = orders;
  const head = `${(ask[0] ?? '').padEnd(echo.at - 1)}000102 0001`.padEnd(specimen.at - 1);
  return head + specimenId.slice(0, specimen.length).padEnd(specimen.length);
}

/** What the host's answer orders. */
function ordersIn({ orders, dialect }: StreamProfile, text: string): HostAnswer {
  const none = { none: true, orders: new Map<string, string[]>() };
  if (orders === null || text.startsWith(orders.nothing)) return none;
  const shift = orders.begin.length + 1 - orders.echo.at;
  const from = orders.specimen.at - 1 + shift;
  const specimenId = text.slice(from, from + orders.specimen.length).trim();
  const size = orders.codeLength + orders.after.length;
  const codes: string[] = [];
  for (
    let at = orders.begin.length + orders.echo.length + orders.between.length;
    at < text.length;
    at += size
  )
    codes.push(text.slice(at, at + orders.codeLength).trim());
  return dialect.form === 'fixed' ? { none: false, orders: new Map([[specimenId, codes]]) } : none;
}
