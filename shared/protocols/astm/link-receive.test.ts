import { describe, expect, it } from 'vitest';
import { ACK, CR, concatBytes, ENQ, EOT, ETB, ETX, fromBinary, LF, NAK, STX, toBinary } from './bytes.ts';
import { buildFrame, buildFrames } from './frame.ts';
import { driveLink } from './link-fixture.ts';

const ascii = (text: string) => fromBinary(text);
const MESSAGE = ascii('H|\\^&\rP|1\rO|1|A1\rR|1|^^^NA|140\rL|1|N\r');
const frames = buildFrames(MESSAGE);
const frame = (index: number) => frames[index] ?? new Uint8Array(0);
const texts = (link: ReturnType<typeof driveLink>) =>
  link.of('messageReceived').map((effect) => toBinary(effect.text));

describe('receiving', () => {
  it('L1 L5 L17 acknowledges ENQ and each frame and delivers the joined text', () => {
    const link = driveLink('host');
    link.bytes(ENQ);
    expect(link.written()).toEqual([ACK]);
    for (const one of frames) {
      link.bytes(one);
      expect(link.written()).toEqual([ACK]);
    }
    link.bytes(EOT);
    expect(link.written()).toEqual([]);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    expect(link.of('messageIncomplete')).toEqual([]);
    expect(link.state.phase).toBe('idle');
  });

  it('L17 joins records that lack their CR, with the leniency, where the next frame plainly begins one', () => {
    const records = ['H|\\^&|||DEV', 'P|1', 'O|1|A1', 'R|1|^^^NA|140|mmol/L', 'C|1|I|seen', 'L|1|N'];
    const bare = records.map((text, at) => buildFrame((at + 1) % 8, ascii(text), true));
    const lenient = driveLink('host', { leniencies: ['L17-record-without-cr'] });
    lenient.bytes(ENQ, ...bare);
    expect(texts(lenient)).toEqual([records.join('\r')]);
    expect(lenient.count('leniencies')).toBe(5);
    const strict = driveLink('host');
    strict.bytes(ENQ, ...bare, EOT);
    expect(texts(strict)).toEqual([]);
    expect(strict.of('messageIncomplete').map((one) => toBinary(one.text))).toEqual([records.join('')]);
    // A record that a device ends with ETX in its middle goes on, whatever the rest begins with.
    for (const [first, rest] of [
      ['R|1|^^^NA|14', '0|mmol/L\r'],
      ['R|1|^^^GLU|5.4|g/', 'L||N\r'],
      ['R|1|^^^GLU|5.4|m', 'mol/L\r'],
    ] as const) {
      const link = driveLink('host', { leniencies: ['L17-record-without-cr'] });
      const parts = ['H|\\^&\r', 'O|1|A1\r', first, rest, 'L|1|N\r'];
      link.bytes(ENQ, ...parts.map((text, at) => buildFrame((at + 1) % 8, ascii(text), true)));
      expect(texts(link)).toEqual([parts.join('')]);
    }
  });

  it('delivers a message with its last ACK, so that a lost EOT cannot lose it', () => {
    const link = driveLink('host');
    link.bytes(ENQ, ...frames);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    link.give({ type: 'closed' });
    expect(texts(link)).toHaveLength(1);
    expect(link.of('messageIncomplete')).toEqual([]);
  });

  it('writes ACK only after the journal row is stored, and NAK when it cannot be (L11)', () => {
    const link = driveLink('host');
    link.bytes(ENQ);
    link.storing(false);
    link.written();
    link.bytes(frame(0));
    expect(link.written()).toEqual([NAK]);
    expect(link.count('storeFailures')).toBe(1);
    link.storing(true);
    link.bytes(...frames);
    expect(link.written()).toEqual(frames.map(() => ACK));
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    const kinds = link.effects.map((effect) => effect.type);
    for (const [index, effect] of link.effects.entries()) {
      if (effect.type === 'write') expect(kinds.slice(0, index)).toContain('journal');
    }
  });

  it('answers ENQ with NAK when it cannot be journalled', () => {
    const link = driveLink('host');
    link.storing(false);
    link.bytes(ENQ);
    expect(link.written()).toEqual([NAK]);
    expect(link.state.phase).toBe('idle');
  });

  it('L2 takes frame numbers 1..7, 0, 1..', () => {
    const many = buildFrames(ascii(`H|\\^&\r${'C|1\r'.repeat(20)}L|1\r`));
    const link = driveLink('host').bytes(ENQ, ...many, EOT);
    expect(link.written().filter((byte) => byte === ACK)).toHaveLength(many.length + 1);
    expect(texts(link)).toHaveLength(1);
  });

  it('L3 accepts lower-case checksum digits', () => {
    const lower = ascii('\x021H|\\^&|||abc\r\x03');
    let sum = 0;
    for (const byte of lower.subarray(1)) sum = (sum + byte) & 0xff;
    const digits = sum.toString(16).padStart(2, '0');
    expect(digits).toMatch(/[a-f]/);
    const link = driveLink('host').bytes(ENQ, lower, ascii(`${digits}\r\n`));
    expect(link.written()).toEqual([ACK, ACK]);
  });

  it('L4 accepts 64 000 bytes of text and refuses one more, without keeping it in memory', () => {
    const link = driveLink('host');
    link.chunk(concatBytes([Uint8Array.of(ENQ), buildFrame(1, new Uint8Array(64_000).fill(0x41), false)]));
    expect(link.written()).toEqual([ACK, ACK]);
    link.chunk(buildFrame(2, new Uint8Array(200_000).fill(0x41), false));
    expect(link.written()).toEqual([NAK]);
    expect(link.count('overlong')).toBe(1);
    const kept = link.of('journal').filter((row) => row.direction === 'in');
    expect(kept.reduce((sum, row) => sum + row.bytes.length, 0)).toBe(1 + 64_007 + 200_007);
    link.chunk(concatBytes([Uint8Array.of(STX, 0x32), new Uint8Array(500_000).fill(0x41)]));
    expect(link.state.partial.raw.length).toBeLessThan(70_000);
    expect(link.state.partial.text).toBe('');
  });

  it('refuses frames of a message that grows beyond its limit', () => {
    const link = driveLink('host', { maxMessage: 300 });
    link.bytes(
      ENQ,
      buildFrame(1, ascii('x'.repeat(200)), false),
      buildFrame(2, ascii('x'.repeat(200)), false),
    );
    expect(link.written()).toEqual([ACK, ACK, NAK]);
    expect(link.count('oversize')).toBe(1);
  });

  it('L5 answers NAK while busy and ACK afterwards', () => {
    const link = driveLink('host');
    link.give({ type: 'busy', busy: true });
    link.bytes(ENQ);
    expect(link.written()).toEqual([NAK]);
    link.give({ type: 'busy', busy: false });
    link.bytes(ENQ);
    expect(link.written()).toEqual([ACK]);
  });

  it('L9 gives up after 30 s without a frame and keeps what came as incomplete', () => {
    const link = driveLink('host').bytes(ENQ, frame(0), frame(1));
    expect(link.timers.get('receive')).toBe(30_000);
    link.give({ type: 'timer', name: 'receive' });
    expect(link.of('messageIncomplete')).toMatchObject([{ reason: 'timeout', frames: 2 }]);
    expect(link.state.phase).toBe('idle');
    expect(texts(link)).toEqual([]);
  });

  it('L9 does not take a slow line for silence: the timer restarts inside a long frame', () => {
    const link = driveLink('host').bytes(ENQ, Uint8Array.of(STX, 0x31));
    link.effects.length = 0;
    link.bytes(new Uint8Array(3000).fill(0x41));
    expect(link.of('startTimer').filter((effect) => effect.name === 'receive')).toHaveLength(2);
  });

  it('L11 refuses a bad checksum, an unexpected number, and malformed frames, and takes the repeat', () => {
    const bad = frame(0).slice();
    bad[4] = 0x3a;
    const malformed = [
      bad,
      frame(1),
      concatBytes([frame(0).slice(0, -1), Uint8Array.of(0x41)]),
      ascii('\x021H|\\^&\rno end\r\n'),
      ascii('\x02XH|\\^&\r\x0300\r\n'),
      ascii('\x02\x0303\r\n'),
      ascii('\x021H\x07\x06\x0300\r\n'),
    ];
    for (const one of malformed) {
      const link = driveLink('host').bytes(ENQ, one);
      expect(link.written()).toEqual([ACK, NAK]);
      link.bytes(...frames, EOT);
      expect(link.written()).toEqual(frames.map(() => ACK));
      expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    }
    expect(driveLink('host').bytes(ENQ, bad).count('checksumErrors')).toBe(1);
    expect(driveLink('host').bytes(ENQ, frame(1)).count('sequenceErrors')).toBe(1);
  });

  it('L12 acknowledges a retransmission and stores it once', () => {
    const link = driveLink('host').bytes(
      ENQ,
      frame(0),
      frame(0),
      frame(0),
      frame(1),
      ...frames.slice(1),
      EOT,
    );
    expect(link.written().every((byte) => byte === ACK)).toBe(true);
    expect(link.count('duplicates')).toBe(3);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
  });

  it('L12 a repeated last frame does not deliver the message twice', () => {
    const link = driveLink('host').bytes(ENQ, ...frames, frame(frames.length - 1), EOT);
    expect(texts(link)).toHaveLength(1);
    expect(link.of('messageIncomplete')).toEqual([]);
  });

  it('L12 same number with other content is refused, unless the profile accepts renumbered frames', () => {
    const other = buildFrame(1, ascii('P|1\r'), true);
    expect(driveLink('host').bytes(ENQ, frame(0), other).written()).toEqual([ACK, ACK, NAK]);
    const lenient = driveLink('host', { leniencies: ['L12-accept-renumbered'] });
    const numbers = [1, 2, 3, 4, 5, 1, 1, 1, 4, 5];
    lenient.bytes(ENQ, frame(0));
    for (const [index, number] of numbers.entries()) {
      lenient.bytes(buildFrame(number, ascii(`C|${index}\r`), true));
    }
    lenient.bytes(buildFrame(6, ascii('L|1\r'), true));
    expect(lenient.written()).not.toContain(NAK);
    expect(texts(lenient)).toEqual([`H|\\^&\r${numbers.map((_, index) => `C|${index}\r`).join('')}L|1\r`]);
    expect(lenient.count('leniencies')).toBeGreaterThan(0);
  });

  it('L14 never answers EOT', () => {
    const link = driveLink('host').bytes(EOT, EOT);
    expect(link.written()).toEqual([]);
  });

  it('L14 ENQ in the middle of a transfer starts over; the partial message is kept as incomplete', () => {
    const link = driveLink('host').bytes(ENQ, frame(0), frame(1), ENQ, ...frames, EOT);
    expect(link.of('messageIncomplete')).toMatchObject([{ reason: 'restarted', frames: 2 }]);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    expect(link.count('restarts')).toBe(1);
  });

  it('L11 L14 an ENQ inside a frame is no new beginning: NAK, and the frame that comes again is taken', () => {
    const spoiled = frame(1).slice();
    spoiled[spoiled.length - 2] = ENQ;
    const link = driveLink('host').bytes(ENQ, frame(0), spoiled, ...frames.slice(1), EOT);
    const answers = [ACK, ACK, NAK, ...frames.slice(1).map(() => ACK)];
    expect(link.written()).toEqual(answers);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    // The beginning of the frame was spoiled too.
    const headless = driveLink('host').bytes(ENQ, frame(0), spoiled.subarray(1), ...frames.slice(1), EOT);
    expect(headless.written()).toEqual(answers);
    expect(texts(headless)).toEqual([toBinary(MESSAGE)]);
  });

  it('L11 L14 an ENQ inside a frame outside a transfer is not answered with ACK, the next one is', () => {
    const spoiled = frame(1).slice();
    spoiled[spoiled.length - 2] = ENQ;
    const link = driveLink('host').bytes(spoiled, ENQ, ...frames, EOT);
    expect(link.written()).toEqual([NAK, ACK, ...frames.map(() => ACK)]);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
  });

  it('L14 an instrument that has begun anew in the middle of a frame is refused once and then heard', () => {
    const link = driveLink('host').bytes(ENQ, frame(0), frame(1).subarray(0, 4), ENQ);
    expect(link.written()).toEqual([ACK, ACK, NAK]);
    link.bytes(ENQ, ...frames, EOT);
    expect(link.written()).toEqual([ACK, ...frames.map(() => ACK)]);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
  });

  it('L15 ignores and counts bytes outside a frame; ENQ EOT is legal', () => {
    const link = driveLink('host').bytes(
      ascii('hello'),
      ENQ,
      ascii('xx'),
      frame(0),
      CR,
      LF,
      ...frames.slice(1),
      EOT,
    );
    expect(link.count('ignoredBytes')).toBe(9);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    const empty = driveLink('host').bytes(ENQ, EOT);
    expect(empty.written()).toEqual([ACK]);
    expect([...empty.of('messageReceived'), ...empty.of('messageIncomplete')]).toEqual([]);
  });

  it('L15 frames without ENQ are not a transfer', () => {
    const link = driveLink('host').bytes(...frames);
    expect(link.written()).toEqual([]);
    expect(texts(link)).toEqual([]);
  });

  it('L16 refuses forbidden bytes inside the text; LF only passes with its leniency', () => {
    const withLf = ascii('1H|\\^&\r\n\x03');
    let sum = 0;
    for (const byte of withLf) sum = (sum + byte) & 0xff;
    const digits = sum.toString(16).toUpperCase().padStart(2, '0');
    const whole = concatBytes([Uint8Array.of(STX), withLf, ascii(`${digits}\r\n`)]);
    expect(driveLink('host').bytes(ENQ, whole).written()).toEqual([ACK, NAK]);
    expect(
      driveLink('host', { leniencies: ['L16-allow-lf'] })
        .bytes(ENQ, whole)
        .written(),
    ).toEqual([ACK, ACK]);
  });

  it('L17 joins a record that spans frames by ETB', () => {
    const link = driveLink('host').bytes(ENQ, ...buildFrames(MESSAGE, 3), EOT);
    expect(texts(link)).toEqual([toBinary(MESSAGE)]);
    const one = driveLink('host').bytes(ENQ, ...buildFrames(MESSAGE, 240, 'message'), EOT);
    expect(texts(one)).toEqual([toBinary(MESSAGE)]);
  });

  it('delivers each of several messages of one transfer by itself', () => {
    const both = buildFrames(concatBytes([MESSAGE, MESSAGE]));
    expect(texts(driveLink('host').bytes(ENQ, ...both, EOT))).toEqual([toBinary(MESSAGE), toBinary(MESSAGE)]);
  });

  it('R11 a transfer without L record is incomplete', () => {
    const link = driveLink('host').bytes(ENQ, ...frames.slice(0, -1), EOT);
    expect(link.of('messageIncomplete')).toMatchObject([{ reason: 'endOfTransfer', frames: 4 }]);
  });

  it('R7 a record whose type only begins with L ends no message, wherever frames cut it', () => {
    const text = ascii('H|\\^&\rP|1\rLX|1|own\r');
    const whole = ascii('H|\\^&\rP|1\rLX|1|own\rL|1|N\r');
    for (const size of [240, 1, 2, 7]) {
      const odd = driveLink('host').bytes(ENQ, ...buildFrames(text, size), EOT);
      expect(texts(odd)).toEqual([]);
      expect(odd.of('messageIncomplete')).toMatchObject([{ reason: 'endOfTransfer' }]);
      const ended = driveLink('host').bytes(ENQ, ...buildFrames(whole, size), EOT);
      expect(texts(ended)).toEqual([toBinary(whole)]);
    }
    const bare = ascii('H|\\^&\rL\r');
    expect(texts(driveLink('host').bytes(ENQ, ...buildFrames(bare), EOT))).toEqual([toBinary(bare)]);
  });

  it('L3-ignore-checksum and L1-missing-lf are named and counted', () => {
    const wrong = concatBytes([frame(0).slice(0, -4), ascii('ZZ\r\n')]);
    const link = driveLink('host', { leniencies: ['L3-ignore-checksum'] }).bytes(ENQ, wrong);
    expect(link.written()).toEqual([ACK, ACK]);
    expect(link.count('leniencies')).toBe(1);
    const short = driveLink('host', { leniencies: ['L1-missing-lf'] }).bytes(ENQ, frame(0).slice(0, -1));
    expect(short.written()).toEqual([ACK, ACK]);
    expect(driveLink('host').bytes(ENQ, frame(0).slice(0, -1)).written()).toEqual([ACK]);
  });

  it('journals every byte that came in, in order', () => {
    const all = concatBytes([
      ascii('zz'),
      Uint8Array.of(ENQ),
      frame(0),
      ascii('??'),
      frame(0),
      frame(3),
      ...frames.slice(1),
    ]);
    const link = driveLink('host').bytes(all, ETX, ETB, EOT);
    const kept = link.of('journal').filter((row) => row.direction === 'in');
    expect([...concatBytes(kept.map((row) => row.bytes))]).toEqual([...all, ETX, ETB, EOT]);
  });

  it('L18 serial or TCP: the connection closing keeps the rest as incomplete', () => {
    const link = driveLink('host').bytes(ENQ, frame(0));
    link.give({ type: 'closed' });
    expect(link.of('messageIncomplete')).toMatchObject([{ reason: 'closed' }]);
    expect(link.state.phase).toBe('closed');
  });
});
