/** Random HL7 messages for the property tests: what is to be sent as plain values, and the delimiters to send it with. */
import { type Hl7Delimiters, USUAL_HL7_DELIMITERS } from '../../shared/protocols/hl7/delimiters.ts';
import type { OutHl7Field, OutSegment } from '../../shared/protocols/hl7/encode.ts';
import type { Random } from '../fuzz/random.ts';

/** Repeats of components of sub-components of one field. */
export type Leaves = string[][][];

export interface RandomMessage {
  delimiters: Hl7Delimiters;
  segments: OutSegment[];
  /** what field n of segment k must read as; the header is not among them */
  fields: Leaves[][];
}

const PUNCTUATION = [..."!#$%&()*+,./:;<=>?@[]^_`{|}~\\'-"];
const CHARACTERS = [...'abcXYZ0189 .,<>+-µé日😀"\''];

/** Five or six different punctuation characters. */
export function randomDelimiters(random: Random): Hl7Delimiters {
  const left = [...PUNCTUATION];
  const take = (): string => left.splice(random.int(left.length), 1)[0] ?? '';
  return {
    field: take(),
    component: take(),
    repeat: take(),
    escape: take(),
    subcomponent: take(),
    truncation: random.once(3) ? take() : '',
  };
}

/** A text without blank ends: mostly plain, often with delimiters, sometimes with line ends and control characters. */
export function randomText(random: Random, delimiters: Hl7Delimiters, controls: boolean): string {
  const special = Object.values(delimiters).filter((one) => one !== '');
  const pool = [
    ...CHARACTERS,
    ...special,
    ...(controls ? ['\r', '\n', '\x0b', '\x1c', '\x00', '\t', '\x7f'] : []),
  ];
  return Array.from({ length: 1 + random.int(8) }, () => random.pick(pool)).join('');
}

function randomLeaves(random: Random, delimiters: Hl7Delimiters, controls: boolean): Leaves {
  const many = (): number => (random.once(3) ? 1 + random.int(3) : 1);
  const list = <T>(make: () => T): T[] => Array.from({ length: many() }, make);
  return list(() => list(() => list(() => randomText(random, delimiters, controls))));
}

/** @param controls also line ends and control characters inside values */
export function randomMessage(random: Random, usual: boolean, controls: boolean): RandomMessage {
  const delimiters = usual ? USUAL_HL7_DELIMITERS : randomDelimiters(random);
  const segments: OutSegment[] = [
    ['MSH', null, null, 'a', 'b', 'c', 'd', '20260729', null, ['ORU', 'R01', 'ORU_R01'], '1', 'P', '2.5.1'],
  ];
  const fields: Leaves[][] = [];
  for (let left = 1 + random.int(5); left > 0; left -= 1) {
    const own = Array.from({ length: 1 + random.int(6) }, () =>
      random.once(4) ? [] : randomLeaves(random, delimiters, controls),
    );
    // The last field is given: a segment never ends with delimiters.
    own.push(randomLeaves(random, delimiters, controls));
    fields.push(own);
    segments.push([random.pick(['OBX', 'PID', 'ZXX']), ...own.map(toField)]);
  }
  return { delimiters, segments, fields };
}

function toField(leaves: Leaves): OutHl7Field {
  return leaves.length === 0 ? null : { repeats: leaves };
}
