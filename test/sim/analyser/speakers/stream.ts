/** A device with a protocol of its own: sends blocks, waits for the answers its handshake asks for, and misbehaves on purpose by seed. */
import type { SendResult } from '../../../../main/engine/instruments/link/ports.ts';
import type { Connection } from '../../../../main/engine/instruments/transports/transport.ts';
import type { StreamProfile } from '../../../../shared/profiles/profile.ts';
import { ACK, ENQ, EOT } from '../../../../shared/protocols/astm/bytes.ts';
import {
  buildBlock,
  framingOf,
  joinBlocks,
  splitBlocks,
} from '../../../../shared/protocols/stream/framing.ts';
import { DEFAULT_RATES, type FaultName } from '../faults.ts';
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
  return {
    start: () =>
      transport.start({
        opened(connection) {
          line = connection;
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
          for (const byte of bytes) hear?.(byte);
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
    query: () => null,
    counters: () => ({ ...counters }),
    state: () => state,
  };
}

/** Characters a device of one byte per character has. */
function latin(text: string): string {
  return [...text].map((one) => (one > '\xff' ? '?' : one)).join('');
}
