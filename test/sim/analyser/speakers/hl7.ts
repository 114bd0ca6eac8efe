/** A device that speaks HL7 v2 over MLLP: waits for its acknowledgements, repeats with the same MSH-10, asks for orders, takes them, and misbehaves by seed. */
import type { SendResult } from '../../../../main/engine/instruments/link/ports.ts';
import type { Connection } from '../../../../main/engine/instruments/transports/transport.ts';
import type { Hl7Profile } from '../../../../shared/profiles/profile.ts';
import { concatBytes } from '../../../../shared/protocols/astm/bytes.ts';
import type { Hl7Message } from '../../../../shared/protocols/hl7/message.ts';
import { parseHl7 } from '../../../../shared/protocols/hl7/parse.ts';
import { DEFAULT_RATES, type FaultName } from '../faults.ts';
import { seeded } from '../random.ts';
import { acknowledgement, queryMessage, readOrders, resultMessage, usualAcks } from './hl7-messages.ts';
import type { DeviceSpeaker, SpeakerContext } from './speaker.ts';

const [VT, FS, CR] = [0x0b, 0x1c, 0x0d];
/** How long an acknowledgement is waited for at most, and how often a message goes on the line before it is given up for a while. */
const ANSWER_MS = 10_000;
const TRIES = 4;
/** More than this without an end is no message of a host. */
const MOST_BYTES = 1_000_000;

/** A message that waits for its acknowledgement. */
interface Awaited {
  id: string;
  /** an accept acknowledgement alone is not enough */
  application: boolean;
  heard(result: SendResult | null): void;
}

export function hl7Speaker(profile: Hl7Profile, context: SpeakerContext): DeviceSpeaker {
  const { transport, timers, faults } = context;
  if (transport === undefined) throw new Error(`${profile.id} needs a line`);
  const acks = context.acks ?? usualAcks(profile);
  const device = { profile, serial: context.serial, operator: context.operator, acks };
  const random = seeded(faults?.seed ?? 1);
  const counters: Record<string, number> = {};
  let line: Connection | null = null;
  let state = 'noAnswer';
  let received: Uint8Array = new Uint8Array(0);
  let awaited: Awaited | null = null;
  let answers = 0;
  let before: Uint8Array = new Uint8Array(0);
  let deaf = 0;
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
  const write = (bytes: Uint8Array): void => {
    if (!strikes('splitPackets')) {
      line?.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      const to = at + 1 + Math.floor(random() * 60);
      line?.write(bytes.subarray(at, to));
      at = to;
    }
  };
  /** Puts a block on the line, with what goes wrong on it. */
  const writeBlock = (content: Uint8Array): void => {
    const block = concatBytes([Uint8Array.of(VT), content, Uint8Array.of(FS, CR)]);
    count('blocks');
    if (strikes('hangUp')) {
      line?.write(block.subarray(0, Math.floor(random() * block.length)));
      line?.close();
      return;
    }
    const parts = [block];
    // A late repeat of the message before, in one packet with this one.
    if (before.length > 0 && strikes('mergedBlocks')) parts.unshift(before);
    if (strikes('duplicateFrame')) parts.push(block);
    if (strikes('garbage'))
      parts.unshift(Uint8Array.from({ length: 1 + Math.floor(random() * 20) }, () => 0x20 + random() * 90));
    before = block;
    write(concatBytes(parts));
  };
  const answered = (message: Hl7Message): void => {
    const msa = message.segment('MSA');
    if (awaited === null || msa === undefined || msa.value(2) !== awaited.id) return;
    const code = msa.value(1);
    // No orders are no refusal.
    if (code === 'AA' || message.type.code === 'ORR') awaited.heard({ outcome: 'accepted' });
    else if (code === 'CA') {
      if (!awaited.application) awaited.heard({ outcome: 'accepted' });
    } else awaited.heard({ outcome: 'refused', reason: 'answer', text: `${code} ${msa.value(3)}`.trim() });
  };
  const hear = (content: Uint8Array): void => {
    for (const message of parseHl7(content).messages) {
      const { code } = message.type;
      const plain = message.segment('MSA') !== undefined && code !== 'DSR';
      if (plain && deaf > 0) {
        deaf -= 1;
        continue;
      }
      const orders = readOrders(message, profile);
      if (orders !== null) context.onOrders(orders);
      answered(message);
      if (plain || ['ACK', 'RSP', 'ORR', 'QCK', 'ORL'].includes(code)) continue;
      answers += 1;
      const wrong = strikes('wrongAnswer') ? `X${message.controlId}` : message.controlId;
      const id = `${context.serial.slice(0, 10)}A${answers}`;
      writeBlock(acknowledgement(device, id, message, context.clock.now(), wrong));
    }
  };
  const take = (bytes: Uint8Array): void => {
    received = concatBytes([received, bytes]);
    for (;;) {
      const from = received.indexOf(VT);
      const to = received.indexOf(FS, from);
      if (from < 0 || to < 0) break;
      const content = received.subarray(received.lastIndexOf(VT, to) + 1, to);
      received = received.slice(to + 1);
      hear(content);
    }
    if (received.length > MOST_BYTES) received = new Uint8Array(0);
  };
  /** One time on the line, and the answer to it; null: none in time, or the line was lost. */
  const once = (message: Uint8Array, id: string): Promise<SendResult | null> =>
    new Promise((done) => {
      const heard = (result: SendResult | null): void => {
        cancel();
        awaited = null;
        done(result);
      };
      const cancel = timers.set(Math.min(ANSWER_MS, profile.link.ackMs), () => heard(null));
      awaited = { id, application: acks.application !== 'NE', heard };
      if (strikes('lostAck')) deaf += 1;
      writeBlock(message);
    });
  return {
    start: () =>
      transport.start({
        opened(connection) {
          line = connection;
          received = new Uint8Array(0);
          tell('ready', 'open');
        },
        closed(connection, reason) {
          if (line !== connection) return;
          line = null;
          before = new Uint8Array(0);
          awaited?.heard(null);
          connection.close();
          tell('noAnswer', reason);
        },
        data: (_, bytes) => take(bytes),
        status: (status) => context.onState(state, status.text),
        count: () => undefined,
      }),
    stop: () => transport.stop(),
    async send(message) {
      const id = parseHl7(message).messages[0]?.controlId ?? '';
      deaf = 0;
      for (let tries = 0; tries < TRIES; tries += 1) {
        if (line === null) return { outcome: 'aborted', reason: 'closed' };
        const heard = await once(message, id);
        if (heard !== null) return heard;
        count('timeouts');
      }
      return { outcome: 'aborted', reason: 'noAnswer' };
    },
    results: (about) => resultMessage(device, about),
    query: (id, specimenId, at) => queryMessage(device, id, specimenId, at),
    counters: () => ({ ...counters }),
    state: () => state,
  };
}
