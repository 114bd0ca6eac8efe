/**
 * Fuzzing the block machine of MLLP and what is read and answered of its blocks: it never throws, gives the same however the bytes are split,
 * loses no byte, and every acknowledgement of a message is one that can be read and names it.
 */
import { strict as assert } from 'node:assert';
import { concatBytes, fromBinary, toBinary } from '../../shared/protocols/astm/bytes.ts';
import { type AckOutcome, ackFor } from '../../shared/protocols/hl7/ack.ts';
import { parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import {
  type AnswerRules,
  answerIn,
  BENCH_TYPES,
  expectedFor,
  isWanted,
  PROCESSING_IDS,
  readBlock,
  VERSIONS,
} from '../../shared/protocols/mllp/answer.ts';
import {
  contentOf,
  createBlocks,
  feedBlocks,
  frameBlock,
  resetBlocks,
} from '../../shared/protocols/mllp/block.ts';
import type { FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const rules: AnswerRules = {
  acknowledge: 'asAsked',
  supported: { types: BENCH_TYPES, versions: VERSIONS, processingIds: PROCESSING_IDS },
  responds: ['QBP'],
};

const messages = [
  'MSH|^~\\&|DEV|B|LEVEY|LAB|20260729064205||ORU^R01^ORU_R01|7|P|2.5.1|||AL|AL\rPID|1\rOBR|1||A1\rOBX|1|NM|NA||140\r',
  'MSH|^~\\&|DEV|B|LEVEY|LAB|20260729064205||QBP^Q11|8|P|2.5.1|||NE|AL|||UNICODE UTF-8\rQPD|WOS|1|A1\r',
  'MSH|^~\\&|DEV||||20260729064205||ACK|9|P|2.3.1\rMSA|AE|S1|no\rERR|PID^1|101^Required^HL70357|E\r',
  'MSH$%*@!$DEV$$$$2026$$ADT%A01$10$X$3.0\rEVN$A01\r',
  'BHS|^~\\&|DEV\rMSH|^~\\&|DEV||||||ORU^R01|11\rMSH|^~\\&|DEV||||||ORU^R01|12\rBTS|2\r',
  '',
];

export const target: FuzzTarget = {
  corpus: [
    ...messages.map((text) => frameBlock(fromBinary(text))),
    concatBytes(messages.map((text) => frameBlock(fromBinary(text)))),
    fromBinary('noise\x0bMSH|half\x0bMSH|^~\\&\x1c\x0b\x1c\r\r\n'),
  ],
  tokens: [
    '\x0b',
    '\x1c',
    '\r',
    '\x1c\r',
    '\x0b\x1c',
    '\n',
    'MSH|^~\\&|',
    'MSA|AA|',
    'MSA|CE|7',
    '|AL',
    '|NE',
    '^',
    '\\X0B\\',
  ]
    .concat(['\0', '\xff', 'ERR|', 'ACK', '2.1', '2.7', '8859/1', 'UNICODE', 'x'.repeat(900)])
    .map(fromBinary),
  check(input: Uint8Array, random: Random): void {
    const maxBytes = random.pick([120, 600, 100_000]);
    const whole = cut([input], maxBytes);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < input.length; ) {
      const to = Math.min(input.length, at + 1 + random.int(30));
      pieces.push(input.subarray(at, to));
      at = to;
    }
    assert.deepEqual(cut(pieces, maxBytes), whole, 'splits change the blocks');
    if (!whole.some((event) => event.type === 'endless' || event.type === 'overlong')) {
      const raw = whole.map((event) => ('raw' in event ? event.raw : new Uint8Array(0)));
      assert.equal(toBinary(concatBytes(raw)), toBinary(input), 'a byte was lost');
    }
    for (const event of whole) {
      if (event.type !== 'block') continue;
      assert.deepEqual(contentOf(event.raw), event.content, 'the journal row gives another message');
      answers(event.content, random);
    }
  },
};

function cut(pieces: readonly Uint8Array[], maxBytes: number) {
  let state = createBlocks({ maxBytes });
  const events = [];
  for (const piece of pieces) {
    const next = feedBlocks(state, piece);
    state = next.state;
    events.push(...next.events);
  }
  return [...events, ...resetBlocks(state).events];
}

/** What the session does with a block, up to the bytes of the acknowledgement. */
function answers(content: Uint8Array, random: Random): void {
  expectedFor(content);
  for (const { message, outcome, error } of readBlock(content, rules)) {
    const level = random.pick(['accept', 'application'] as const);
    const said: AckOutcome = random.pick([outcome, outcome, 'error']);
    isWanted(message, level, said, random.pick(['asAsked', 'original', 'enhanced'] as const));
    const errors = error === null ? [] : [error];
    const { bytes } = ackFor(message, {
      level,
      outcome: said,
      time: '20260729064205+0000',
      controlId: 'A1',
      errors,
    });
    const [read] = parseHl7(bytes).messages;
    assert.ok(read, 'the acknowledgement cannot be read');
    // The same bytes, unless they would break the block; where the message declares fewer delimiters, the same bytes may read otherwise.
    const same = read.segment('MSA')?.field(2) === message.header.field(10);
    assert.ok(
      same || answerIn(read)?.names === message.controlId,
      'the acknowledgement names another message',
    );
    assert.equal(answerIn(read)?.ok, said === 'ok', 'the acknowledgement says something else');
  }
}
