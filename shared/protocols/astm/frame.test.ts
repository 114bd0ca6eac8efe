import { describe, expect, it } from 'vitest';
import { fromBinary, toBinary, visible } from './bytes.ts';
import { allowedInText, buildFrame, buildFrames, checksum, nextFrameNumber, parseFrame } from './frame.ts';

const ascii = (text: string) => fromBinary(text);

describe('frames', () => {
  it('L1 L3 pins a frame to known bytes: STX F# text ETX C1 C2 CR LF', () => {
    // '1' 0x31 + 'L' 0x4C + '|' 0x7C + '1' 0x31 + '|' 0x7C + 'N' 0x4E + CR 0x0D + ETX 0x03 = 0x204 -> 04
    expect(toBinary(buildFrame(1, ascii('L|1|N\r'), true))).toBe('\x021L|1|N\r\x0304\r\n');
    // the same with ETB 0x17 = 0x218 -> 18
    expect(toBinary(buildFrame(1, ascii('L|1|N\r'), false))).toBe('\x021L|1|N\r\x1718\r\n');
  });

  it('L2 numbers frames 1..7, 0, 1..', () => {
    const numbers = buildFrames(ascii('C|1\r'.repeat(10))).map((frame) => (frame[1] ?? 0) - 0x30);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 0, 1, 2]);
    expect(nextFrameNumber(7)).toBe(0);
  });

  it('L3 sums bytes, not characters, modulo 256, in upper case', () => {
    expect(checksum(Uint8Array.of(0xff, 0xff))).toBe('FE');
    expect(checksum(Uint8Array.of(0xc3, 0xa9))).toBe('6C');
    expect(checksum(new Uint8Array(0))).toBe('00');
  });

  it('L4 splits texts at 240 bytes by default and at the limit of the profile otherwise', () => {
    const record = ascii(`${'x'.repeat(500)}\r`);
    const frames = buildFrames(record).map((frame) => parseFrame(frame));
    expect(frames.map((frame) => frame?.text.length)).toEqual([240, 240, 21]);
    expect(frames.map((frame) => frame?.last)).toEqual([false, false, true]);
    expect(buildFrames(record, 63_993)).toHaveLength(1);
    expect(() => buildFrames(record, 63_994)).toThrow(RangeError);
  });

  it('L16 refuses to build frames around forbidden bytes; CR is allowed', () => {
    for (const byte of [1, 2, 3, 4, 5, 6, 0x0a, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]) {
      expect(allowedInText(byte)).toBe(false);
      expect(() => buildFrame(1, Uint8Array.of(byte), true)).toThrow(/L16/);
    }
    for (const byte of [0x0d, 0x09, 0x20, 0x7f, 0xff]) expect(allowedInText(byte)).toBe(true);
  });

  it('L17 puts one record or the whole message into a run of frames', () => {
    const text = ascii('H|\\^&\rP|1\rL|1|N\r');
    expect(buildFrames(text, 240, 'record')).toHaveLength(3);
    expect(buildFrames(text, 240, 'message')).toHaveLength(1);
    for (const layout of ['record', 'message'] as const) {
      const joined = buildFrames(text, 3, layout).map((frame) =>
        toBinary(parseFrame(frame)?.text ?? ascii('')),
      );
      expect(joined.join('')).toBe(toBinary(text));
    }
  });

  it('reads a frame back and says when the checksum is wrong', () => {
    const frame = buildFrame(3, ascii('R|1\r'), true);
    expect(parseFrame(frame)).toMatchObject({ number: 3, last: true, checksumOk: true });
    frame[3] = 0x58;
    expect(parseFrame(frame)?.checksumOk).toBe(false);
    expect(parseFrame(ascii('hello'))).toBeNull();
  });

  it('shows control bytes by name', () => {
    expect(visible(Uint8Array.of(5, 0x41, 0x9f, 13, 10))).toBe('<ENQ>A<9F><CR><LF>');
  });
});
