/**
 * Fuzzing the machine of line protocols and the reading of its blocks: it may refuse, but never throws, acknowledges nothing that is not stored,
 * takes no block with a wrong checksum, journals every byte once, and gives the same however the bytes are split.
 */
import { strict as assert } from 'node:assert';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import type { StreamProfile } from '../../shared/profiles/profile.ts';
import { readMessages } from '../../shared/profiles/read.ts';
import { concatBytes, toBinary } from '../../shared/protocols/astm/bytes.ts';
import { buildBlock, type Framing, framingOf, readBlock } from '../../shared/protocols/stream/framing.ts';
import { createStream, type StreamEffect, step, stepChunk } from '../../shared/protocols/stream/machine.ts';
import { bytesOf, type FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const profiles = ['arkray-spotchem-el', 'beckman-au480', 'biomerieux-mini-vidas'].map(
  (id) => builtinProfile(id) as StreamProfile,
);
const lines: Framing = { ...framingOf(profiles[0]!.link), start: '', end: '\r\n' };
const several: Framing = {
  ...framingOf(profiles[1]!.link),
  messageStart: 'DB',
  messageEnd: 'DE',
  maxBytes: 200,
};

const texts = [
  '26/07/29 06:42\r\nID# A1\r\n[Serum]\r\nNa 140 mmol/L\r\nK 4.1 mmol/L\r\n',
  'D 000102 000126210T100017    E001   140n 006  5.43H ',
  'DB',
  'DE',
  'DQ000102 Q001                E001 140.2  ',
  '\x1emtrsl|\x1epi|\x1eci26210T100017|\x1ertTSH|\x1ett06:42|\x1etd07/29/26|\x1eql|\x1eqn2,31 mUI/l|',
];
const blocks = profiles.flatMap((profile) =>
  texts.map((text) => buildBlock(bytesOf(text), framingOf(profile.link))),
);

export const target: FuzzTarget = {
  corpus: [
    ...blocks,
    concatBytes([bytesOf('\x05'), blocks[17] ?? bytesOf(''), bytesOf('\x04')]),
    concatBytes(blocks.slice(6, 12)),
    bytesOf('NA 140\r\nK 4.1\r\n'),
  ],
  tokens: [
    '\x02',
    '\x03',
    '\x04',
    '\x05',
    '\x06',
    '\x15',
    '\x17',
    '\x1d',
    '\x1e',
    '\r',
    '\n',
    '\r\n',
    '|',
    'E',
    '001',
  ]
    .concat(['ID#', 'Na', '[', 'DB', 'DE', 'D ', 'DQ', ' ', '\0', '\xff', '5.4', 'mtrsl|', 'x'.repeat(300)])
    .map(bytesOf),
  check(input: Uint8Array, random: Random): void {
    const profile = random.pick(profiles);
    const framing = random.pick([framingOf(profile.link), framingOf(profile.link), lines, several]);
    const seed = random.int(1 << 30);
    const whole = run(framing, [input], seed);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < input.length; ) {
      const to = Math.min(input.length, at + 1 + random.int(40));
      pieces.push(input.subarray(at, to));
      at = to;
    }
    const split = run(framing, pieces, seed);
    assert.deepEqual(split.messages, whole.messages, 'splits change the messages');
    assert.deepEqual(split.answers, whole.answers, 'splits change the answers');
    assert.equal(split.journal, toBinary(input), 'a byte was not journalled, or twice');
    assert.equal(whole.journal, toBinary(input), 'a byte was not journalled, or twice');
    for (const text of whole.messages) {
      const [only] = readMessages(bytesOf(text), profile);
      assert.ok(only !== undefined);
      const clean = only.results.every((result) => result.problems.some((one) => one.severity === 'hold'));
      assert.ok(clean || only.problems.every((problem) => problem.severity !== 'hold'));
    }
  },
};

/** A line from open to close; rows are stored or not by the seed, the same ones however the bytes come. */
function run(framing: Framing, pieces: readonly Uint8Array[], seed: number) {
  let state = step(createStream(framing), { type: 'opened' }).state;
  const messages: string[] = [];
  const answers: number[] = [];
  let journal = '';
  let stored = 0;
  let lastStored = false;
  const perform = (effects: readonly StreamEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'message') messages.push(toBinary(effect.text));
      if (effect.type === 'write') {
        answers.push(effect.bytes[0] ?? 0);
        assert.ok(effect.bytes[0] !== 6 || lastStored, 'acknowledged what is not stored');
      }
      if (effect.type !== 'journal' || effect.direction !== 'in') continue;
      journal += toBinary(effect.bytes);
      if (effect.mark === 'block') assert.equal(readBlock(toBinary(effect.bytes), framing).fault, null);
      if (!effect.durable) lastStored = false;
    }
  };
  const settle = (next: { state: typeof state; effects: StreamEffect[] }): void => {
    state = next.state;
    perform(next.effects);
    while (state.awaiting !== null) {
      stored += 1;
      lastStored = (seed >> (stored % 29)) % 8 !== 0 || framing.handshake === 'none';
      const done = step(state, { type: 'stored', ok: lastStored });
      state = done.state;
      perform(done.effects);
    }
  };
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const next = stepChunk(state, piece, at);
      at = next.consumed;
      settle(next);
    }
  }
  settle(step(state, { type: 'closed' }));
  assert.equal(state.raw + state.junk, '', 'bytes were kept behind the end');
  return { messages, answers, journal };
}
