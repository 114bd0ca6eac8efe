import { describe, expect, it } from 'vitest';
import { ACK, ENQ, EOT, fromBinary, NAK, toBinary } from './bytes.ts';
import { buildFrames } from './frame.ts';
import type { LinkRole } from './link.ts';
import { driveLink } from './link-fixture.ts';

const MESSAGE = fromBinary('H|\\^&\rQ|1|^A1\rL|1|N\r');
const frames = buildFrames(MESSAGE);
const [first, second, third] = frames.map((one) => [...one]);

function sending(role: LinkRole, options: Parameters<typeof driveLink>[1] = {}) {
  const link = driveLink(role, options);
  link.give({ type: 'send', id: 'm1', frames });
  return link;
}

describe('sending', () => {
  it('L5 L8 asks, sends frame by frame, and ends with EOT', () => {
    const link = sending('instrument');
    expect(link.written()).toEqual([ENQ]);
    expect(link.bytes(ACK).written()).toEqual(first);
    expect(link.bytes(ACK).written()).toEqual(second);
    expect(link.bytes(ACK).written()).toEqual(third);
    expect(link.bytes(ACK).written()).toEqual([EOT]);
    expect(link.of('sendDone')).toEqual([{ type: 'sendDone', id: 'm1', outcome: 'accepted' }]);
    expect(link.timers.size).toBe(0);
  });

  it('L5 sends EOT when ENQ is not answered in 15 s, and gives up after the configured attempts', () => {
    const link = sending('instrument', { maxAsks: 2 });
    expect(link.timers.get('reply')).toBe(15_000);
    link.give({ type: 'timer', name: 'reply' });
    expect(link.written()).toEqual([ENQ, EOT]);
    expect(link.of('sendDone')).toEqual([]);
    link.give({ type: 'timer', name: 'holdoff' });
    link.give({ type: 'timer', name: 'reply' });
    expect(link.written()).toEqual([ENQ, EOT]);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'aborted', reason: 'noAnswer' }]);
  });

  it('L5 L13 sends no EOT when a frame came instead of an answer: it would be heard as the ACK of that frame', () => {
    const link = sending('host', { maxAsks: 2 });
    link.bytes(...(second ?? []).map((byte) => Uint8Array.of(byte)));
    link.give({ type: 'timer', name: 'reply' });
    expect(link.written()).toEqual([ENQ]);
    link.give({ type: 'timer', name: 'holdoff' });
    link.give({ type: 'timer', name: 'reply' });
    expect(link.written()).toEqual([ENQ, EOT]);
  });

  it('L6 waits 10 s after a NAK to ENQ', () => {
    const link = sending('host').bytes(NAK);
    expect(link.timers.get('holdoff')).toBe(10_000);
    expect(link.written()).toEqual([ENQ]);
    link.give({ type: 'timer', name: 'holdoff' });
    expect(link.written()).toEqual([ENQ]);
    const giveUp = sending('host', { maxAsks: 1 }).bytes(NAK);
    expect(giveUp.of('sendDone')).toMatchObject([{ outcome: 'refused', reason: 'busy' }]);
  });

  it('L7 contention: the host yields 20 s, receives, then sends its own', () => {
    const link = sending('host').bytes(ENQ);
    expect(link.written()).toEqual([ENQ]);
    expect(link.timers.get('holdoff')).toBe(20_000);
    link.bytes(ENQ);
    expect(link.written()).toEqual([ACK]);
    expect(link.timers.has('holdoff')).toBe(false);
    link.bytes(...frames, EOT);
    expect(link.of('messageReceived')).toHaveLength(1);
    expect(link.written()).toEqual([ACK, ACK, ACK, ENQ]);
    link.bytes(ACK, ACK, ACK, ACK);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('L7 contention: the host tries again when the instrument stays silent', () => {
    const link = sending('host').bytes(ENQ);
    link.written();
    link.give({ type: 'timer', name: 'holdoff' });
    expect(link.written()).toEqual([ENQ]);
  });

  it('L7 contention: the instrument has priority and asks again after 1 s', () => {
    const link = sending('instrument').bytes(ENQ);
    expect(link.written()).toEqual([ENQ]);
    expect(link.timers.get('holdoff')).toBe(1_000);
    link.give({ type: 'timer', name: 'holdoff' });
    expect(link.written()).toEqual([ENQ]);
    link.bytes(ACK, ACK, ACK, ACK);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('L8 ends with EOT when a frame is not answered in 15 s', () => {
    const link = sending('instrument').bytes(ACK);
    expect(link.timers.get('reply')).toBe(15_000);
    link.written();
    link.give({ type: 'timer', name: 'reply' });
    expect(link.written()).toEqual([EOT]);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'aborted', reason: 'timeout' }]);
    expect(link.state.phase).toBe('idle');
  });

  it('L10 repeats a refused frame with the same number; the sixth failure ends the message', () => {
    const link = sending('instrument').bytes(ACK);
    link.written();
    for (let failure = 1; failure < 6; failure += 1) expect(link.bytes(NAK).written()).toEqual(first);
    expect(link.bytes(NAK).written()).toEqual([EOT]);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'refused', reason: 'frameRefused' }]);
    expect(link.count('retries')).toBe(5);
  });

  it('L10 counts failures per frame, and a profile may lower the limit', () => {
    const link = sending('instrument').bytes(
      ACK,
      NAK,
      NAK,
      NAK,
      NAK,
      NAK,
      ACK,
      NAK,
      NAK,
      NAK,
      NAK,
      NAK,
      ACK,
      ACK,
    );
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'accepted' }]);
    const three = sending('instrument', { maxFailures: 3 }).bytes(ACK, NAK, NAK, NAK);
    expect(three.of('sendDone')).toMatchObject([{ outcome: 'refused' }]);
  });

  it('L13 EOT instead of ACK accepts the frame and asks to stop: the message is finished, then the line is left', () => {
    const link = sending('instrument').bytes(ACK);
    link.written();
    expect(link.bytes(EOT).written()).toEqual(second);
    expect(link.bytes(ACK, ACK).written()).toEqual([...(third ?? []), EOT]);
    expect(link.of('sendDone')).toMatchObject([{ outcome: 'accepted' }]);
    expect(link.count('naksReceived')).toBe(0);
    link.give({ type: 'send', id: 'm2', frames });
    expect(link.written()).toEqual([]);
    link.give({ type: 'timer', name: 'holdoff' });
    expect(link.written()).toEqual([ENQ]);
  });

  it('L13 who asked for the line and has had it leaves it: the next message does not wait for the rest of the pause', () => {
    const link = sending('host').bytes(ACK, EOT, ACK, ACK);
    link.give({ type: 'send', id: 'm2', frames });
    expect(link.timers.get('holdoff')).toBe(15_000);
    link.written();
    link.bytes(ENQ, ...frames);
    expect(link.timers.has('holdoff')).toBe(false);
    expect(link.bytes(EOT).written()).toEqual([ACK, ACK, ACK, ACK, ENQ]);
  });

  it('L14 the host lets an instrument that starts over speak, and repeats its own message afterwards', () => {
    const link = sending('host').bytes(ACK, ACK);
    link.written();
    link.bytes(ENQ, ...frames, EOT);
    expect(link.written()).toEqual([ACK, ACK, ACK, ACK, ENQ]);
    expect(link.bytes(ACK).written()).toEqual(first);
  });

  it('L15 bytes that are no answer are ignored and counted', () => {
    const link = sending('instrument').bytes(0x41, 0x42, ACK);
    expect(link.count('ignoredBytes')).toBe(2);
    expect(link.written()).toEqual([ENQ, ...(first ?? [])]);
  });

  it('sends one message after the other, and cancels what has not started', () => {
    const link = sending('instrument');
    link.give({ type: 'send', id: 'm2', frames });
    link.give({ type: 'send', id: 'm3', frames });
    link.give({ type: 'cancel', id: 'm2' });
    link.bytes(ACK, ACK, ACK, ACK, ACK, ACK, ACK, ACK);
    expect(link.of('sendDone').map((done) => [done.id, done.outcome])).toEqual([
      ['m2', 'aborted'],
      ['m1', 'accepted'],
      ['m3', 'accepted'],
    ]);
  });

  it('reports the message on its way when the connection closes, and keeps the queue', () => {
    const link = sending('instrument').bytes(ACK);
    link.give({ type: 'send', id: 'm2', frames });
    link.give({ type: 'closed' });
    expect(link.of('sendDone')).toMatchObject([{ id: 'm1', outcome: 'aborted', reason: 'closed' }]);
    link.written();
    link.give({ type: 'opened' });
    expect(link.written()).toEqual([ENQ]);
  });

  it('two machines, one in each role, carry the message across, whoever speaks first', () => {
    const host = driveLink('host');
    const instrument = driveLink('instrument');
    host.give({ type: 'send', id: 'h', frames });
    instrument.give({ type: 'send', id: 'i', frames });
    for (let round = 0; round < 100; round += 1) {
      const [toHost, toInstrument] = [instrument.written(), host.written()];
      host.bytes(Uint8Array.from(toHost));
      instrument.bytes(Uint8Array.from(toInstrument));
      if (toHost.length + toInstrument.length > 0) continue;
      if (instrument.timers.has('holdoff')) instrument.give({ type: 'timer', name: 'holdoff' });
    }
    for (const link of [host, instrument]) {
      expect(link.of('messageReceived').map((effect) => toBinary(effect.text))).toEqual([toBinary(MESSAGE)]);
      expect(link.of('sendDone')).toMatchObject([{ outcome: 'accepted' }]);
    }
  });
});
