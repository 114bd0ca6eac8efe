/**
 * Fuzzing the ASTM link machine, both roles and every leniency, with bytes and timers in any order: it acknowledges nothing that is not stored,
 * takes no frame with a wrong checksum, journals every byte once and in order, ends every message it was given, always has a timer
 * running while it waits, and does the same however the bytes are split (L18).
 */
import { strict as assert } from 'node:assert';
import { toBinary } from '../../shared/protocols/astm/bytes.ts';
import { buildFrame, buildFrames, parseFrame } from '../../shared/protocols/astm/frame.ts';
import {
  createLink,
  LINK_LENIENCIES,
  type LinkEffect,
  type LinkInput,
  type LinkOptions,
  type LinkRole,
  type LinkTimer,
  step,
  stepChunk,
} from '../../shared/protocols/astm/link.ts';
import { bytesOf, type FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const ENQ = '\x05';
const ACK = '\x06';
const EOT = '\x04';
const NAK = '\x15';

const text = 'H|\\^&|||X|||||||P|1\rP|1\rO|1|A1\rR|1|^^^Na|140|mmol/L||N||F\rL|1|N\r';
const session = (limit: number, layout: 'record' | 'message' = 'record'): string =>
  ENQ +
  buildFrames(bytesOf(text), limit, layout)
    .map((frame) => toBinary(frame))
    .join('') +
  EOT;
const frames = buildFrames(bytesOf(text)).map((frame) => toBinary(frame));

export const target: FuzzTarget = {
  corpus: [
    session(240),
    session(7),
    session(63_993, 'message'),
    ENQ + EOT + session(240),
    ACK.repeat(12) + EOT,
    `${NAK}${ENQ}${ACK}${NAK.repeat(6)}`,
    `${ENQ}${toBinary(buildFrame(1, bytesOf('L|1|N\r'), true)).slice(0, -1)}${frames[1]}`,
  ].map(bytesOf),
  tokens: [
    ENQ,
    ENQ,
    EOT,
    ACK,
    ACK,
    NAK,
    '\x02',
    '\x03',
    '\x17',
    '\r',
    '\n',
    '\r\n',
    '\x03A0\r\n',
    '\0',
    '\xff',
  ]
    .concat([...frames, toBinary(buildFrame(0, bytesOf('L|1|N\r'), true)), `${ACK}${ACK}`, 'x'.repeat(300)])
    .concat([
      toBinary(buildFrame(2, bytesOf('P|1\r'), false)),
      toBinary(buildFrame(7, bytesOf('LX|1\r'), true)),
    ])
    .map(bytesOf),
  check(input: Uint8Array, random: Random): void {
    const role: LinkRole = random.once(2) ? 'host' : 'instrument';
    const options: Partial<LinkOptions> = {
      leniencies: random.once(2) ? [] : LINK_LENIENCIES.filter(() => random.once(3)),
      maxFrameText: random.once(4) ? 1 + random.int(300) : 64_000,
      maxMessage: random.once(4) ? 1 + random.int(400) : 8 * 1024 * 1024,
      maxAsks: 1 + random.int(6),
      maxFailures: 1 + random.int(6),
    };
    const seed = random.int(1 << 30);
    const script = scriptFor(input, random);
    const bytewise = run(role, options, seed, script, 'byte');
    const chunked = run(role, options, seed, script, 'chunk');
    assert.deepEqual(chunked, bytewise, 'L18: splits change what happens');
  },
};

type Act = { bytes: Uint8Array } | { input: LinkInput } | { fire: number };

/** The input in pieces, with what else can happen between them. */
function scriptFor(input: Uint8Array, random: Random): Act[] {
  const acts: Act[] = [];
  const sending = random.once(2);
  for (let at = 0, id = 0; at < input.length || id === 0; ) {
    const to = Math.min(input.length, at + 1 + random.int(60));
    acts.push({ bytes: input.subarray(at, to) });
    at = to;
    id += 1;
    if (random.once(4)) acts.push({ fire: random.int(3) });
    if (sending && random.once(3)) {
      const limit = random.once(2) ? 240 : 1 + random.int(40);
      acts.push({ input: { type: 'send', id: `${id}`, frames: buildFrames(bytesOf(text), limit) } });
    }
    if (random.once(12)) acts.push({ input: { type: 'cancel', id: `${random.int(id + 1)}` } });
    if (random.once(12)) acts.push({ input: { type: 'busy', busy: random.once(2) } });
    if (random.once(30)) acts.push({ input: { type: 'closed' } }, { input: { type: 'opened' } });
    if (random.once(60)) acts.push({ input: { type: 'opened' } });
  }
  return acts;
}

/** What the world saw of a link from open to close. Throws when it breaks a promise. */
function run(
  role: LinkRole,
  options: Partial<LinkOptions>,
  seed: number,
  script: readonly Act[],
  how: 'byte' | 'chunk',
) {
  let state = createLink(role, options);
  const strict = options.leniencies?.length === 0;
  // With this leniency a CR that was not sent may stand between two records.
  const addsCr = options.leniencies?.includes('L17-record-without-cr') === true;
  const plain = (text: string): string => (addsCr ? text.replaceAll('\r', '') : text);
  const timers = new Set<LinkTimer>();
  const seen = { messages: [] as string[], incomplete: [] as string[], done: [] as string[], written: '' };
  let came = '';
  let journal = '';
  let sentRows = '';
  let storing = 0;
  let owed = 0;
  let taken = '';
  const sent = new Set<string>();

  const perform = (effects: readonly LinkEffect[]): void => {
    for (const effect of effects) {
      switch (effect.type) {
        case 'journal': {
          const bytes = toBinary(effect.bytes);
          if (effect.direction === 'out') sentRows += bytes;
          else journal += bytes;
          if (effect.mark === 'frame') rightFrame(effect.bytes);
          break;
        }
        case 'write': {
          const bytes = toBinary(effect.bytes);
          seen.written += bytes;
          assert.equal(seen.written, sentRows, 'every byte sent is journalled before');
          if (bytes === ACK) owed -= 1;
          assert.ok(owed >= 0, 'L11: acknowledged what is not stored');
          break;
        }
        case 'startTimer':
          assert.ok(effect.ms > 0);
          timers.add(effect.name);
          break;
        case 'stopTimer':
          timers.delete(effect.name);
          break;
        case 'messageReceived':
          assert.ok(
            plain(taken).endsWith(plain(toBinary(effect.text))),
            'L17: a message is the frames that were taken',
          );
          seen.messages.push(toBinary(effect.text));
          break;
        case 'messageIncomplete':
          assert.ok(plain(taken).endsWith(plain(toBinary(effect.text))));
          seen.incomplete.push(`${effect.reason} ${toBinary(effect.text)}`);
          break;
        case 'sendDone':
          assert.ok(sent.delete(effect.id), 'a message ends once');
          seen.done.push(`${effect.id} ${effect.outcome} ${effect.reason ?? ''}`);
          break;
        case 'count':
          assert.ok(effect.n > 0);
          break;
      }
    }
  };
  const rightFrame = (bytes: Uint8Array): void => {
    const frame = parseFrame(bytes);
    if (strict) assert.equal(frame?.checksumOk, true, 'L3: took a frame with a wrong checksum');
    if (strict) assert.ok(!/[\x01-\x06\x0a\x10-\x17]/.test(toBinary(frame?.text ?? new Uint8Array())), 'L16');
  };
  const take = (next: { state: typeof state; effects: LinkEffect[] }): void => {
    state = next.state;
    perform(next.effects);
    while (state.awaiting !== null) {
      storing += 1;
      const ok = (seed >> (storing % 29)) % 8 !== 0;
      owed = ok ? 1 : 0;
      if (ok && state.awaiting.kind === 'frame') taken += state.awaiting.text;
      const done = step(state, { type: 'stored', ok });
      state = done.state;
      perform(done.effects);
    }
    owed = 0;
    if (state.phase === 'receiving') assert.ok(timers.has('receive'), 'L9: waits without a timer');
    if (state.phase === 'asking' || state.phase === 'sending') assert.ok(timers.has('reply'), 'L5 L8');
    if (state.phase === 'idle' && state.holdoff !== null) assert.ok(timers.has('holdoff'), 'L6 L7 L13');
    if (state.phase === 'idle' && state.holdoff === null)
      assert.equal(state.queue.length + (state.out === null ? 0 : 1), 0, 'an idle line with work sends it');
    assert.ok(state.partial.raw.length <= 64_100 && state.junk.length <= 256, 'memory is bounded');
  };
  const give = (input: LinkInput): void => {
    if (input.type === 'timer') timers.delete(input.name);
    if (input.type === 'send') sent.add(input.id);
    take(step(state, input));
  };

  give({ type: 'opened' });
  for (const act of script) {
    if ('bytes' in act) {
      came += toBinary(act.bytes);
      if (how === 'byte') for (const byte of act.bytes) give({ type: 'byte', byte });
      else
        for (let at = 0; at < act.bytes.length; ) {
          const next = stepChunk(state, act.bytes, at);
          assert.ok(next.consumed > at, 'goes on');
          at = next.consumed;
          take(next);
        }
    } else if ('fire' in act) {
      const name = [...timers].sort()[act.fire];
      if (name !== undefined) give({ type: 'timer', name });
    } else give(act.input);
  }
  // Silence: every timer ends, until nothing is waited for. It must not take for ever.
  for (let left = 0; timers.size > 0; left += 1) {
    assert.ok(left < 4000, 'silence ends everything');
    for (const name of [...timers]) if (timers.has(name)) give({ type: 'timer', name });
  }
  assert.deepEqual([...sent], [], 'L5 L10: in silence every message comes to an end');
  assert.equal(state.phase, 'idle');
  give({ type: 'closed' });
  assert.equal(journal, came, 'a byte was not journalled, or twice, or in another order');
  return seen;
}
