/** The value of an observation by its type in OBX-2 (standards section 4): one text, and whether it may be a number. */
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';

export interface SentValue {
  /** what is shown and compared: `>100`, `1:128`, `Negative` */
  text: string;
  /** `value`: may be a number (R12); `text`: never, though it may look like one */
  as: 'value' | 'text';
  /** as sent, delimiters and all */
  raw: string;
  /** why it cannot be taken as it stands; '' = nothing is wrong */
  fault: string;
}

const CODED = new Set(['CE', 'CWE', 'CNE', 'IS', 'ID', 'CF']);
const MAY_BE_NUMBER = new Set(['', 'NM', 'ST', 'SN', 'CQ']);
const COMPARATORS = new Set(['', '<', '>', '<=', '>=', '=', '<>']);

/** @param field number of the field with the value, usually 5; `type` = OBX-2 */
export function sentValue(obx: Hl7Segment, type: string, field: number): SentValue {
  const raw = obx.field(field);
  if (obx.given(field) !== 'value') return { text: '', as: 'value', raw, fault: '' };
  const kind = type.trim().toUpperCase();
  let count = obx.repeats(field);
  // Nothing stands behind the last delimiters: `5.4~`.
  while (count > 1 && obx.field(field, count) === '') count -= 1;
  const texts: string[] = [];
  let fault = '';
  for (let repeat = 1; repeat <= count; repeat += 1) {
    const one = oneValue(obx, kind, field, repeat);
    texts.push(one.text);
    fault = fault || one.fault;
  }
  if (count > 1 && (kind === 'NM' || kind === 'SN')) fault = 'A numeric result has more than one value.';
  return {
    text: texts.join('~'),
    as: MAY_BE_NUMBER.has(kind) && count === 1 ? 'value' : 'text',
    raw,
    fault,
  };
}

function oneValue(
  obx: Hl7Segment,
  kind: string,
  field: number,
  repeat: number,
): { text: string; fault: string } {
  const whole = obx.value(field, undefined, undefined, repeat);
  if (CODED.has(kind)) return { text: codedText(obx, field, repeat) || whole, fault: '' };
  if (kind === 'SN') return structured(obx, field, repeat, whole);
  if (kind === 'CQ') return { text: obx.value(field, 1, undefined, repeat), fault: '' };
  return { text: withoutEmptyEnd(obx, field, repeat, whole), fault: '' };
}

/** `5.4^`: a value behind whose delimiters nothing stands is the value without them. */
function withoutEmptyEnd(obx: Hl7Segment, field: number, repeat: number, whole: string): string {
  if (/[A-Za-z0-9]$/.test(whole)) return whole;
  const [first = '', ...others] = (obx.parts(field)[repeat - 1] ?? []).flat();
  return others.every((one) => one === '') ? first : whole;
}

/** A code's own text, else the original text, else the alternate text, else the code. */
function codedText(obx: Hl7Segment, field: number, repeat: number): string {
  for (const component of [2, 9, 5, 1, 4]) {
    const text = obx.value(field, component, undefined, repeat);
    if (text.trim() !== '') return text;
  }
  return '';
}

/** SN: `>^100`, `^1^:^128` (ratio), `^2^-^5` (range), `^3^+`. A device that writes the number alone has written that. */
function structured(
  obx: Hl7Segment,
  field: number,
  repeat: number,
  whole: string,
): { text: string; fault: string } {
  const [comparator = '', first = '', separator = '', second = ''] = [1, 2, 3, 4].map((n) =>
    obx.value(field, n, undefined, repeat).trim(),
  );
  if (!COMPARATORS.has(comparator)) {
    const alone = first === '' && separator === '' && second === '';
    return { text: whole, fault: alone ? '' : 'The structured number has an unknown comparator.' };
  }
  if (first === '' && second === '') return { text: whole, fault: 'The structured number has no number.' };
  const text = `${comparator === '=' ? '' : comparator}${first}${separator}${second}`;
  const joined = separator === '' && second !== '';
  return {
    text: joined ? whole : text,
    fault: joined ? 'The structured number has two numbers and nothing between.' : '',
  };
}
