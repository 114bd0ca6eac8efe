import { describe, expect, it } from 'vitest';
import { concatBytes, fromBinary, toBinary } from '../astm/bytes.ts';
import { buildBlock, joinBlocks, readBlock, splitBlocks } from './framing.ts';
import { framing, runStream } from './stream-fixture.ts';

const plain = framing();
const xor = framing({ handshake: 'ackBlock', checksum: { kind: 'xor', form: 'byte' } });
const asks = framing({
  handshake: 'enqAck',
  checksum: { kind: 'sum', place: 'beforeEnd', mark: 'GS', withStart: true },
});
const block = (text: string, of = plain, more = false) => buildBlock(fromBinary(text), of, more);
const bytes = (text: string) => fromBinary(text);

describe('blocks', () => {
  it.each([
    [{}, '\x02abc\x03'],
    [{ checksum: { kind: 'xor' } }, '\x02abc\x0363'],
    [{ checksum: { kind: 'sum' } }, '\x02abc\x0329'],
    [{ checksum: { kind: 'sum', withEnd: false } }, '\x02abc\x0326'],
    [{ checksum: { kind: 'sum', withStart: true } }, '\x02abc\x032B'],
    [{ checksum: { kind: 'xor', form: 'byte' } }, '\x02abc\x03c'],
    [{ checksum: { kind: 'sum', place: 'beforeEnd', mark: 'GS', withStart: true } }, '\x02abc\x1d45\x03'],
    [{ start: '', end: 'CRLF' }, 'abc\r\n'],
    [{ start: '<<', end: '>>', checksum: { kind: 'sum', place: 'beforeEnd' } }, '<<abc26>>'],
  ])('builds and reads %j', (link, wire) => {
    const of = framing(link);
    expect(toBinary(block('abc', of))).toBe(wire);
    expect(readBlock(wire, of)).toEqual({ text: 'abc', more: false, fault: null });
    const run = runStream(of);
    run.receive(bytes(wire));
    expect(run.messages()).toEqual([toBinary(joinBlocks(['abc'], of))]);
  });

  it('takes hex digits of either case and no other checksum', () => {
    const of = framing({ checksum: { kind: 'sum' } });
    expect(readBlock('\x02az\x03de', of).fault).toBeNull();
    expect(readBlock('\x02az\x03DE', of).fault).toBeNull();
    expect(readBlock('\x02az\x03DF', of).fault).toBe('the checksum is wrong');
    expect(readBlock('\x02az\x03 E', of).fault).toBe('the checksum is wrong');
  });

  it('joins and splits the blocks of a message', () => {
    expect(splitBlocks(joinBlocks(['a', 'b\r\nc'], plain), plain).map((one) => toBinary(one))).toEqual([
      'a',
      'b\r\nc',
    ]);
  });
});

describe('stream machine', () => {
  it('gives the same whole, byte by byte, and in any split (L18)', () => {
    const wire = concatBytes([bytes('noise'), block('one'), bytes('\r\n'), block('two')]);
    const whole = runStream(plain);
    whole.receive(wire);
    const single = runStream(plain);
    for (const byte of wire) single.receive(Uint8Array.of(byte));
    for (const run of [whole, single]) {
      expect(run.messages()).toEqual(['one\x03', 'two\x03']);
      expect(run.journalled()).toBe(toBinary(wire));
      expect(run.count('ignoredBytes')).toBe(5);
      expect(run.answers()).toEqual([]);
    }
  });

  it('acknowledges a block only when its row is on disk, and refuses what could not be stored (L11)', () => {
    let full = true;
    const run = runStream(xor, () => !full);
    run.receive(block('D 1', xor));
    expect(run.answers()).toEqual(['NAK']);
    expect(run.messages()).toEqual([]);
    full = false;
    run.receive(block('D 1', xor));
    expect(run.answers()).toEqual(['NAK', 'ACK']);
    expect(run.messages()).toEqual(['D 1\x03']);
  });

  it('L3 refuses a wrong checksum of a device that repeats, and the repeat is taken once', () => {
    const run = runStream(xor);
    const bad = block('D 1', xor);
    bad[bad.length - 1] = 0xff;
    run.receive(concatBytes([bad, block('D 1', xor), block('D 1', xor)]));
    expect(run.answers()).toEqual(['NAK', 'ACK', 'ACK']);
    expect(run.messages()).toEqual(['D 1\x03']);
    expect(run.count('checksumErrors')).toBe(1);
    expect(run.count('duplicates')).toBe(1);
  });

  it('takes a checksum byte that looks like a mark for the checksum', () => {
    for (const mark of [2, 3, 5, 6, 0x1d]) {
      // XOR of the text and ETX is the mark.
      const text = String.fromCharCode(0x41, 0x41 ^ mark ^ 3);
      const run = runStream(xor);
      run.receive(concatBytes([block(text, xor), block('next', xor)]));
      expect(run.messages()).toEqual([`${text}\x03`, 'next\x03']);
    }
    const before = framing({ checksum: { kind: 'sum', form: 'byte', place: 'beforeEnd', mark: 'GS' } });
    for (let last = 0x20; last < 0x120; last += 1) {
      const text = `a${String.fromCharCode((last & 0x7f) | 0x20)}${String.fromCharCode(0x20 + (last % 90))}`;
      const run = runStream(before);
      run.receive(block(text, before));
      expect(run.messages()).toEqual([`${text}\x03`]);
    }
  });

  it('tells a person of a spoiled block when the device does not repeat', () => {
    const of = framing({ checksum: { kind: 'sum' } });
    const bad = block('NA 140', of);
    bad[4] = 0x39;
    const run = runStream(of);
    run.receive(concatBytes([bad, block('K 4.1', of)]));
    expect(run.spoiled()).toEqual(['the checksum is wrong']);
    expect(run.messages()).toEqual(['K 4.1\x03']);
    run.receive(bytes('\x02half a blo'));
    run.give({ type: 'timer', name: 'block' });
    run.receive(bytes('\x02another'));
    run.receive(block('whole', of));
    run.receive(bytes('\x02cut off'));
    run.give({ type: 'closed' });
    expect(run.spoiled().slice(1)).toEqual([
      'it did not end in time',
      'a new one began',
      'the line was lost',
    ]);
    expect(run.messages()).toEqual(['K 4.1\x03', 'whole\x03']);
  });

  it('leaves a half block to the device that repeats', () => {
    const run = runStream(xor);
    run.receive(bytes('\x02D half'));
    run.give({ type: 'timer', name: 'block' });
    run.receive(block('D whole', xor));
    expect(run.spoiled()).toEqual([]);
    expect(run.count('timeouts')).toBe(1);
    expect(run.messages()).toEqual(['D whole\x03']);
  });

  it('L4 refuses a block that is too long and finds the next one', () => {
    const of = framing({ handshake: 'ackBlock', maxBytes: 100 });
    const run = runStream(of);
    run.receive(concatBytes([bytes(`\x02${'x'.repeat(100_000)}`), block('next', of)]));
    expect(run.answers()).toEqual(['NAK', 'ACK']);
    expect(run.messages()).toEqual(['next\x03']);
    expect(run.count('overlong')).toBe(1);
  });

  it('answers ENQ, holds it off while busy, and ends with EOT', () => {
    const run = runStream(asks);
    run.give({ type: 'busy', busy: true });
    run.receive(bytes('\x05'));
    run.give({ type: 'busy', busy: false });
    run.receive(concatBytes([bytes('\x05'), block('\x1emtrsl|', asks), bytes('\x04')]));
    expect(run.answers()).toEqual(['NAK', 'ACK', 'ACK']);
    expect(run.messages()).toEqual(['\x1emtrsl|\x03']);
    expect(run.state().asked).toBe(false);
    // The same block after a new ENQ is a new transfer, not a retransmission.
    run.receive(concatBytes([bytes('\x05'), block('\x1emtrsl|', asks), bytes('\x04')]));
    expect(run.messages()).toHaveLength(2);
  });

  it('L11 L14 an ENQ inside a block may be an altered byte of it: NAK, never ACK; a device that means it asks again', () => {
    const run = runStream(asks);
    run.receive(concatBytes([bytes('\x05\x02\x1emtr'), bytes('\x05')]));
    expect(run.answers()).toEqual(['ACK', 'NAK']);
    run.receive(concatBytes([bytes('\x05'), block('\x1emtrsl|', asks)]));
    expect(run.answers()).toEqual(['ACK', 'NAK', 'ACK', 'ACK']);
    expect(run.messages()).toEqual(['\x1emtrsl|\x03']);
    const headless = runStream(asks);
    headless.receive(concatBytes([bytes('\x05mtr'), bytes('\x05'), block('\x1emtrsl|', asks)]));
    expect(headless.answers()).toEqual(['ACK', 'NAK', 'ACK']);
  });

  it('joins the text of a block that goes on in the next', () => {
    const of = framing({ more: 'ETB', handshake: 'ackBlock', checksum: { kind: 'xor', form: 'byte' } });
    const run = runStream(of);
    run.receive(concatBytes([block('D 0001', of, true), block('E001  5.4', of)]));
    expect(run.messages()).toEqual(['D 0001E001  5.4\x03']);
    run.receive(block('D 0002', of, true));
    run.give({ type: 'timer', name: 'message' });
    expect(run.broken()).toEqual(['timeout: D 0002\x03']);
  });

  it('gathers a message of several blocks, and tells of one that does not end', () => {
    const of = framing({ messageStart: 'BEGIN', messageEnd: 'END' });
    const run = runStream(of);
    for (const text of ['BEGIN', 'a', 'END', 'alone', 'BEGIN', 'b', 'BEGIN', 'c'])
      run.receive(block(text, of));
    expect(run.messages()).toEqual(['BEGIN\x03a\x03END\x03', 'alone\x03']);
    expect(run.broken()).toEqual(['restarted: BEGIN\x03b\x03']);
    run.give({ type: 'closed' });
    expect(run.broken()).toEqual(['restarted: BEGIN\x03b\x03', 'closed: BEGIN\x03c\x03']);
  });

  it('reads lines of text without a start mark', () => {
    const of = framing({ start: '', end: 'CR' });
    const run = runStream(of);
    run.receive(bytes('NA 140\r\n\r\nK 4.1\r\n'));
    expect(run.messages()).toEqual(['NA 140\r', 'K 4.1\r']);
    expect(run.count('ignoredBytes')).toBe(0);
    expect(run.journalled()).toBe('NA 140\r\n\r\nK 4.1\r\n');
  });
});
