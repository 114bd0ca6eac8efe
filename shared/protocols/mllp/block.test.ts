import { describe, expect, it } from 'vitest';
import { concatBytes, fromBinary, toBinary } from '../astm/bytes.ts';
import { seeded } from '../astm/link-fixture.ts';
import {
  awaitedBy,
  type BlockEvent,
  blockSilence,
  contentOf,
  createBlocks,
  feedBlocks,
  frameBlock,
  IGNORED_PIECE,
  REFUSED_HEAD,
  resetBlocks,
} from './block.ts';

const MESSAGE = 'MSH|^~\\&|A||B||20260729064205||ORU^R01|7|P|2.5.1\rOBX|1|NM|NA||140\r';

/** A machine and what it has said. */
function machine(maxBytes = 100_000) {
  let state = createBlocks({ maxBytes });
  const events: BlockEvent[] = [];
  const take = (next: ReturnType<typeof feedBlocks>) => {
    state = next.state;
    events.push(...next.events);
  };
  return {
    events,
    get state() {
      return state;
    },
    feed: (bytes: Uint8Array | string) =>
      take(feedBlocks(state, typeof bytes === 'string' ? fromBinary(bytes) : bytes)),
    silence: () => take(blockSilence(state)),
    close: () => take(resetBlocks(state)),
    /** events with their bytes as text */
    said: () =>
      events.map((event) => {
        if (event.type === 'endless') return ['endless'];
        if (event.type === 'block') return ['block', toBinary(event.content), event.lenient ?? ''];
        if (event.type === 'partial') return ['partial', toBinary(event.raw), event.reason];
        return [event.type, toBinary(event.raw)];
      }),
  };
}

const framed = (text: string) => toBinary(frameBlock(fromBinary(text)));

describe('M1 blocks', () => {
  it('M1 takes several blocks out of one packet, and one block out of several', () => {
    const blocks = machine();
    blocks.feed(framed('one') + framed('two') + framed(MESSAGE).slice(0, 20));
    expect(blocks.said()).toEqual([
      ['block', 'one', ''],
      ['block', 'two', ''],
    ]);
    expect(awaitedBy(blocks.state)).toBe('block');
    blocks.feed(framed(MESSAGE).slice(20));
    expect(blocks.said().at(-1)).toEqual(['block', MESSAGE, '']);
    expect(awaitedBy(blocks.state)).toBeNull();
  });

  it('M1 ignores, keeps and counts what is outside a block', () => {
    const blocks = machine();
    blocks.feed(`\r\n${framed('one')}\rnoise`);
    expect(awaitedBy(blocks.state)).toBe('ignored');
    blocks.silence();
    blocks.feed('x'.repeat(IGNORED_PIECE + 5));
    blocks.close();
    expect(blocks.said()).toEqual([
      ['ignored', '\r\n'],
      ['block', 'one', ''],
      ['ignored', '\rnoise'],
      ['ignored', 'x'.repeat(IGNORED_PIECE)],
      ['ignored', 'xxxxx'],
    ]);
  });

  it('M1 a block that begins inside another one leaves the first incomplete', () => {
    const blocks = machine();
    blocks.feed(`\x0bMSH|half${framed('whole')}`);
    expect(blocks.said()).toEqual([
      ['partial', '\x0bMSH|half', 'restarted'],
      ['block', 'whole', ''],
    ]);
  });

  it('M1 a missing CR is tolerated: before the next block, after a silence, and at the end of the line', () => {
    for (const then of ['next', 'silence', 'close'] as const) {
      const blocks = machine();
      blocks.feed('\x0bone\x1c');
      expect(blocks.events).toEqual([]);
      expect(awaitedBy(blocks.state)).toBe('ending');
      if (then === 'next') blocks.feed(framed('two'));
      else blocks[then]();
      expect(blocks.said()[0]).toEqual(['block', 'one', 'M1-missing-cr']);
      expect(blocks.said().length).toBe(then === 'next' ? 2 : 1);
    }
  });

  it('M1 FS in the middle of a message does not cut it', () => {
    const blocks = machine();
    blocks.feed('\x0bone\x1ctwo\x1c\x1c\r');
    expect(blocks.said()).toEqual([['block', 'one\x1ctwo\x1c', '']]);
  });

  it('M1 a begun block is given up after a silence and at the end of the line', () => {
    const blocks = machine();
    blocks.feed('\x0bhalf');
    blocks.silence();
    blocks.feed('of it\x0b');
    blocks.close();
    expect(blocks.said()).toEqual([
      ['partial', '\x0bhalf', 'timeout'],
      ['ignored', 'of it'],
      ['partial', '\x0b', 'closed'],
    ]);
  });

  it('M1 a block of the longest length is taken, one byte more is refused at its end, and the next is read', () => {
    const blocks = machine(REFUSED_HEAD + 100);
    const longest = 'a'.repeat(REFUSED_HEAD + 100);
    blocks.feed(framed(longest) + framed(`${longest}b`) + framed('next'));
    expect(blocks.said()).toEqual([
      ['block', longest, ''],
      ['overlong', `\x0b${'a'.repeat(REFUSED_HEAD)}`],
      ['block', 'next', ''],
    ]);
    expect(blocks.events[1]).toMatchObject({ length: longest.length + 1 });
  });

  it('M1 a block without end is cut off, and memory stays bounded', () => {
    const blocks = machine(1000);
    blocks.feed('\x0b');
    for (let i = 0; i < 50; i += 1) blocks.feed('x'.repeat(100));
    expect(blocks.said()).toEqual([['overlong', `\x0b${'x'.repeat(4000)}`], ['endless']]);
    blocks.feed(framed('not read'));
    expect(blocks.events).toHaveLength(2);
    blocks.close();
    blocks.feed(framed('read again'));
    expect(blocks.said().at(-1)).toEqual(['block', 'read again', '']);
  });

  it('M1 the content of a block is found again in its journal row', () => {
    expect(contentOf(frameBlock(fromBinary(MESSAGE)))).toEqual(fromBinary(MESSAGE));
    expect(contentOf(fromBinary('\x0bone\x1c'))).toEqual(fromBinary('one'));
    expect(contentOf(fromBinary('\x0b\x1c\r'))).toEqual(new Uint8Array(0));
    for (const none of ['', 'x', '\x0b', '\x0b\r', '\x0bone', '\x0bone\r', 'one\x1c\r'])
      expect(contentOf(fromBinary(none))).toBeNull();
  });
});

describe('M1 L18 packet boundaries mean nothing', () => {
  const base = 20_261_122;
  for (let i = 0; i < 40; i += 1) {
    const seed = base + i;
    it(`byte by byte, whole and random splits give the same blocks (seed ${seed})`, () => {
      const random = seeded(seed);
      const pick = (n: number) => Math.floor(random() * n);
      const parts: Uint8Array[] = [];
      for (let n = 4 + pick(12); n > 0; n -= 1) {
        const any = Uint8Array.from({ length: pick(random() < 0.2 ? 5000 : 300) }, () => pick(256));
        const block = frameBlock(fromBinary('m'.repeat(pick(3000))));
        const kinds = [any, block, block, block.subarray(0, pick(block.length)), frameBlock(any)];
        parts.push(kinds[pick(kinds.length)] ?? any);
        if (pick(4) === 0) parts.push(fromBinary('\x0b\x1c\x1c\x0d\x0b\x0d\x1c'.slice(pick(7))));
      }
      const stream = concatBytes(parts);
      const run = (next: (at: number) => number) => {
        const blocks = machine(1500);
        for (let at = 0; at < stream.length; ) {
          const to = Math.min(stream.length, at + next(at));
          blocks.feed(stream.subarray(at, to));
          at = to;
        }
        blocks.close();
        return blocks.events;
      };
      const single = run(() => 1);
      expect(run(() => stream.length)).toEqual(single);
      expect(run(() => 1 + Math.floor(random() ** 3 * 2000))).toEqual(single);
      if (!single.some((event) => event.type === 'endless' || event.type === 'overlong')) {
        const kept = single.map((event) => ('raw' in event ? event.raw : new Uint8Array(0)));
        expect(toBinary(concatBytes(kept))).toBe(toBinary(stream));
      }
    });
  }
});
