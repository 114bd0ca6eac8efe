import { describe, expect, it } from 'vitest';
import { encodeHl7 } from '../../shared/protocols/hl7/encode.ts';
import { escapeHl7, unescapeHl7 } from '../../shared/protocols/hl7/escape.ts';
import { parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import { Random } from '../fuzz/random.ts';
import { randomDelimiters, randomMessage, randomText } from './hl7-message.ts';

const SEED = 20260729;
const ROUNDS = 1500;

describe(`HL7 messages, seed ${SEED}`, () => {
  it('M2 M5 whatever is written with whatever delimiters is read back the same, as text and as bytes', () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { delimiters, segments, fields } = randomMessage(new Random(SEED, round), false, true);
      const sent = encodeHl7(segments, { delimiters, charset: 'UNICODE UTF-8', lineBreaks: 'hex' });
      expect(sent.lost).toEqual([]);
      for (const input of [sent.text, sent.bytes]) {
        const read = parseHl7(input);
        const [message] = read.messages;
        expect(read.problems, `round ${round}`).toEqual([]);
        expect(message?.delimiters, `round ${round}`).toEqual(delimiters);
        const back = message?.segments
          .slice(1)
          .map((segment) => Array.from({ length: segment.length }, (_, at) => segment.parts(at + 1)));
        expect(back, `round ${round}`).toEqual(fields);
        expect(message?.raw).toBe(sent.text);
      }
    }
  });

  it('M2 each way of reading a value gives the same', () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { delimiters, segments, fields } = randomMessage(new Random(SEED + 1, round), false, false);
      const [message] = parseHl7(encodeHl7(segments, { delimiters, charset: 'UTF-8' }).text).messages;
      for (const [at, segment] of (message?.segments.slice(1) ?? []).entries()) {
        // Backward, so that reading does not only ever go on from where it was.
        for (let n = segment.length; n >= 1; n -= 1) {
          const leaves = fields[at]?.[n - 1] ?? [];
          expect(segment.repeats(n)).toBe(leaves.length);
          expect(segment.given(n)).toBe(leaves.length === 0 ? 'empty' : 'value');
          for (const [r, components] of leaves.entries()) {
            for (const [c, subs] of components.entries()) {
              for (const [s, text] of subs.entries()) {
                expect(segment.value(n, c + 1, s + 1, r + 1), `round ${round}`).toBe(text);
              }
            }
          }
        }
        expect(segment.given(segment.length + 1)).toBe('absent');
      }
    }
  });

  it('M5 escaping is undone by unescaping once, and hides every delimiter and line end', () => {
    for (let round = 0; round < 10 * ROUNDS; round += 1) {
      const random = new Random(SEED + 2, round);
      const delimiters = randomDelimiters(random);
      const text = randomText(random, delimiters, true);
      const sent = escapeHl7(text, delimiters, { lineBreaks: 'hex' });
      expect(unescapeHl7(sent, delimiters), `round ${round}`).toBe(text);
      for (const one of [
        delimiters.field,
        delimiters.component,
        delimiters.repeat,
        delimiters.subcomponent,
        '\r',
        '\n',
      ]) {
        expect(sent.includes(one), `round ${round}`).toBe(false);
      }
    }
  });

  it('M1 where an input is cut into messages does not depend on its line ends', () => {
    for (let round = 0; round < 300; round += 1) {
      const random = new Random(SEED + 3, round);
      const texts = Array.from({ length: 1 + random.int(4) }, () => {
        const { delimiters, segments } = randomMessage(random, false, false);
        return encodeHl7(segments, { delimiters, charset: 'UTF-8' }).text;
      });
      const end = random.pick(['\r', '\n', '\r\n', '\r\r', '\n\r']);
      const read = parseHl7(texts.join('').replaceAll('\r', end));
      expect(
        read.messages.map((message) => message.raw),
        `round ${round}`,
      ).toEqual(texts);
      expect(read.problems.every(({ severity }) => severity === 'note')).toBe(true);
    }
  });
});
