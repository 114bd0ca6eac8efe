/**
 * Our HL7 codec beside two that others wrote. They agree on every message below. Where they are wrong they are not asked, and the last
 * tests show it, so that a newer version that mends it is noticed:
 * - @medplum/core 5.2 leaves escapes to its caller;
 * - node-hl7-client 4.0 goes by the first letter of an escape sequence alone, drops local and character set sequences with what
 *   they hold, reads hexadecimal as 8859/1 whatever MSH-18 says, does not know line breaks, and takes blanks off the end of a segment.
 */
import { Hl7Message as MedplumMessage } from '@medplum/core';
import { Message as ClientMessage } from 'node-hl7-client';
import { describe, expect, it } from 'vitest';
import { ackFor } from '../../shared/protocols/hl7/ack.ts';
import { encodeHl7, type OutSegment } from '../../shared/protocols/hl7/encode.ts';
import { unescapeHl7 } from '../../shared/protocols/hl7/escape.ts';
import type { Hl7Message } from '../../shared/protocols/hl7/message.ts';
import { parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import { Random } from '../fuzz/random.ts';
import { type Leaves, randomMessage } from './hl7-message.ts';

const SEED = 20260730;
const ROUNDS = 600;

function ours(text: string): Hl7Message {
  const [message] = parseHl7(text).messages;
  if (message === undefined) throw new Error('no message');
  return message;
}

/** All fields of all segments but the header, as Medplum divides them; the escapes it leaves are resolved by us. */
function byMedplum(text: string, message: Hl7Message): Leaves[][] {
  const sub = message.delimiters.subcomponent;
  return MedplumMessage.parse(text)
    .segments.filter((segment) => segment.name !== 'MSH' && segment.name !== '')
    .map((segment) =>
      segment.fields
        .slice(1)
        .map((field) =>
          field.toString() === ''
            ? []
            : field.components.map((repeat) =>
                repeat.map((component) =>
                  component.split(sub).map((one) => unescapeHl7(one, message.delimiters)),
                ),
              ),
        ),
    );
}

/** The same by node-hl7-client, which resolves escapes itself. */
function byClient(text: string, names: readonly string[]): Leaves[][] {
  const message = new ClientMessage({ text });
  const all: Leaves[][] = [];
  for (const name of new Set(names)) {
    message.get(name).forEach((segment) => {
      all.push(
        segment
          .toArray()
          .slice(1)
          .map((field) =>
            field
              .toArray()
              .map((repeat) =>
                repeat.toArray().map((component) => component.toArray().map((one) => one.toString())),
              ),
          ),
      );
    });
  }
  return all;
}

/** In the order of the first segment of each name, as node-hl7-client hands them out. */
function byName(message: Hl7Message): Leaves[][] {
  const names = new Set(message.segments.slice(1).map((segment) => segment.id));
  return [...names].flatMap((name) =>
    message
      .all(name)
      .map((segment) => Array.from({ length: segment.length }, (_, at) => segment.parts(at + 1))),
  );
}

describe(`HL7 beside other libraries, seed ${SEED}`, () => {
  it.each([
    ['the usual delimiters', true],
    ['any delimiters', false],
  ])('M2 M5 @medplum/core divides messages with %s as we do', (_name, usual) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { delimiters, segments } = randomMessage(new Random(SEED, round), usual, false);
      // It knows five delimiters and takes a sixth for part of nothing.
      const { text } = encodeHl7(segments, {
        delimiters: { ...delimiters, truncation: '' },
        charset: 'UTF-8',
      });
      const message = ours(text);
      const read = message.segments
        .slice(1)
        .map((segment) => Array.from({ length: segment.length }, (_, at) => segment.parts(at + 1)));
      expect(byMedplum(text, message), `round ${round}`).toEqual(read);
    }
  });

  it.each([
    ['the usual delimiters', true],
    ['any delimiters', false],
  ])('M2 M5 node-hl7-client reads values of messages with %s as we do', (_name, usual) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { delimiters, segments } = randomMessage(new Random(SEED + 1, round), usual, false);
      // Every segment ends in a letter, since it takes blanks off there.
      const all = segments.map((segment): OutSegment => [...segment, 'end']);
      const { text } = encodeHl7(all, {
        delimiters: { ...delimiters, truncation: '' },
        charset: 'UTF-8',
      });
      const message = ours(text);
      const names = message.segments.slice(1).map((segment) => segment.id);
      expect(byClient(text, names), `round ${round}`).toEqual(byName(message));
    }
  });

  it('M3 both read our acknowledgement and name the message that it answers', () => {
    for (let round = 0; round < 200; round += 1) {
      const random = new Random(SEED + 2, round);
      const controlId = `C${random.int(1e9)}`;
      const message = ours(`MSH|^~\\&|XN^1|Lab|LEVEY|B1|20260729||ORU^R01^ORU_R01|${controlId}|P|2.5.1\r`);
      const { text } = ackFor(message, {
        level: 'application',
        outcome: 'error',
        time: '20260729',
        controlId: '7',
      });
      const medplum = MedplumMessage.parse(text);
      expect(medplum.getSegment('MSA')?.getField(2)?.toString()).toBe(controlId);
      expect(medplum.getAckType()).toBe('AE');
      expect(medplum.header.getField(5)?.toString()).toBe('XN^1');
      expect(new ClientMessage({ text }).get('MSA.2').toString()).toBe(controlId);
    }
  });

  it('M3 Medplum’s acknowledgement of a message reads as ours does', () => {
    const text = 'MSH|^~\\&|XN^1|Lab|LEVEY|B1|20260729||ORU^R01^ORU_R01|C1|P|2.5.1\r';
    const theirs = ours(MedplumMessage.parse(text).buildAck().toString());
    const own = ours(
      ackFor(ours(text), { level: 'application', outcome: 'ok', time: '', controlId: '' }).text,
    );
    for (const n of [3, 4, 5, 6, 11, 12]) expect(own.header.field(n)).toBe(theirs.header.field(n));
    expect(own.type).toEqual(theirs.type);
    expect(own.segment('MSA')?.value(2)).toBe(theirs.segment('MSA')?.value(2));
  });

  it.each([
    // [sent, ours, node-hl7-client]
    ['a\\Foo\\b', 'a\\Foo\\b', 'a|b'],
    ['a\\.br\\b', 'a\nb', 'a\\.br\\b'],
    ['a\\Zlocal\\b', 'a\\Zlocal\\b', 'ab'],
    ['a\\C2842\\b', 'a\\C2842\\b', 'ab'],
    ['\\XC2B5\\mol', 'µmol', 'Âµmol'],
  ])('M5 node-hl7-client is wrong about %s', (sent, right, wrong) => {
    const text = `MSH|^~\\&|a||||20260729||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8\rOBX|1|TX|c||${sent}\r`;
    expect(ours(text).segment('OBX')?.value(5)).toBe(right);
    expect(new ClientMessage({ text }).get('OBX.5').toString()).toBe(wrong);
  });

  it('R12 node-hl7-client takes blanks off the end of a segment', () => {
    const text = 'MSH|^~\\&|a||||20260729||ORU^R01^ORU_R01|1|P|2.5.1\rOBX|1|TX|c||a  \rZZZ|1\r';
    expect(ours(text).segment('OBX')?.value(5)).toBe('a  ');
    expect(new ClientMessage({ text }).get('OBX.5').toString()).toBe('a');
  });

  it('M5 Medplum leaves escapes as sent', () => {
    const text = 'MSH|^~\\&|a||||20260729||ORU^R01^ORU_R01|1|P|2.5.1\rOBX|1|TX|c||a\\F\\b\r';
    expect(MedplumMessage.parse(text).getSegment('OBX')?.getField(5)?.toString()).toBe('a\\F\\b');
    expect(ours(text).segment('OBX')?.value(5)).toBe('a|b');
  });
});
