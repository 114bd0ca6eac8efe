import { describe, expect, it } from 'vitest';
import { ACK, concatBytes, ENQ, EOT, fromBinary, NAK } from './bytes.ts';
import { buildFrame, buildFrames } from './frame.ts';
import type { LinkEffect, LinkRole } from './link.ts';
import { driveLink, seeded } from './link-fixture.ts';

/** A stream of whole, broken, repeated and over-long frames with noise between them. */
function noisyStream(random: () => number): Uint8Array {
  const pick = (n: number) => Math.floor(random() * n);
  const parts: Uint8Array[] = [];
  const messages = 1 + pick(4);
  for (let m = 0; m < messages; m += 1) {
    const records = Array.from(
      { length: 1 + pick(6) },
      (_, i) => `R|${i + 1}|^^^T${i}|${'9'.repeat(pick(2500))}\r`,
    );
    const text = fromBinary(`H|\\^&\r${records.join('')}${pick(5) === 0 ? '' : 'L|1|N\r'}`);
    const frames = buildFrames(text, 1 + pick(3000), pick(2) === 0 ? 'record' : 'message');
    parts.push(Uint8Array.of(ENQ));
    for (const frame of frames) {
      if (pick(6) === 0) parts.push(frame.map((byte, i) => (i === pick(frame.length) ? pick(256) : byte)));
      if (pick(8) === 0) parts.push(Uint8Array.from({ length: pick(400) }, () => pick(256)));
      if (pick(12) === 0) parts.push(buildFrame(pick(8), new Uint8Array(5000).fill(0x42), pick(2) === 0));
      parts.push(frame);
      if (pick(6) === 0) parts.push(frame);
      if (pick(10) === 0) parts.push(frame.subarray(0, pick(frame.length)));
    }
    if (pick(3) > 0) parts.push(Uint8Array.of(EOT));
    if (pick(3) === 0) parts.push(Uint8Array.of(ACK, NAK, ACK));
  }
  return concatBytes(parts);
}

function run(
  role: LinkRole,
  stream: Uint8Array,
  feed: (link: ReturnType<typeof driveLink>) => void,
): LinkEffect[] {
  const link = driveLink(role, { maxFrameText: 4000 });
  link.give({ type: 'send', id: 'own', frames: buildFrames(fromBinary('H|\\^&\rL|1\r')) });
  feed(link);
  link.give({ type: 'closed' });
  const kept = link.of('journal').filter((row) => row.direction === 'in');
  expect([...concatBytes(kept.map((row) => row.bytes))]).toEqual([...stream]);
  return link.effects;
}

describe('L18 packet boundaries mean nothing', () => {
  const base = 20_260_722;
  for (let i = 0; i < 60; i += 1) {
    const seed = base + i;
    it(`byte by byte, whole and random splits give the same effects (seed ${seed})`, () => {
      const random = seeded(seed);
      const stream = noisyStream(random);
      const role: LinkRole = random() < 0.5 ? 'host' : 'instrument';
      const single = run(role, stream, (link) => link.bytes(stream));
      const whole = run(role, stream, (link) => link.chunk(stream));
      const split = run(role, stream, (link) => {
        for (let at = 0; at < stream.length; ) {
          const to = Math.min(stream.length, at + 1 + Math.floor(random() ** 3 * 2000));
          link.chunk(stream.subarray(at, to));
          at = to;
        }
      });
      expect(whole).toEqual(single);
      expect(split).toEqual(single);
    });
  }

  it('L19 the machine knows nothing of baud rates: any stream of bytes, in any rhythm, never throws', () => {
    const random = seeded(77);
    const link = driveLink('host');
    for (let i = 0; i < 20_000; i += 1) link.give({ type: 'byte', byte: Math.floor(random() * 32) });
    expect(['idle', 'receiving']).toContain(link.state.phase);
  });
});
