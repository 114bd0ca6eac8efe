/** Delimiters of HL7 v2 messages (M2). */

/** Each one character. `''` = the message does not declare it, so nothing is divided by it. */
export interface Hl7Delimiters {
  /** MSH-1 */
  field: string;
  /** MSH-2, first character */
  component: string;
  /** MSH-2, second */
  repeat: string;
  /** MSH-2, third */
  escape: string;
  /** MSH-2, fourth */
  subcomponent: string;
  /** MSH-2, fifth (HL7 2.7 and later): ends a value that was cut short */
  truncation: string;
}

/** What we send unless a profile says otherwise. Never assumed on reading (M2). */
export const USUAL_HL7_DELIMITERS: Readonly<Hl7Delimiters> = {
  field: '|',
  component: '^',
  repeat: '~',
  escape: '\\',
  subcomponent: '&',
  truncation: '',
};

/** MSH-2 as it is written: the delimiters after the field separator, in their order (M2). */
export function encodingCharacters(delimiters: Hl7Delimiters): string {
  const { component, repeat, subcomponent, truncation } = delimiters;
  return component + repeat + delimiters.escape + subcomponent + truncation;
}

/**
 * Reads the delimiters from a header segment (MSH, FHS or BHS; M2): the character after the name is the field separator, up
 * to the next one follow component, repeat, escape, sub-component and truncation. Three to five of them are usual.
 * @returns `null` when there is no field separator or no component delimiter, when two are the same, or when one is a letter, a
 *   digit, a space or a control character; `odd` when fewer than three or more than five are given
 */
export function readHl7Delimiters(header: string): { delimiters: Hl7Delimiters; odd: boolean } | null {
  if (header.startsWith('|^~\\&|', 3)) return { delimiters: USUAL_HL7_DELIMITERS, odd: false };
  const field = header.charAt(3);
  if (!mayDelimit(field)) return null;
  const end = header.indexOf(field, 4);
  const given = header.slice(4, end < 0 ? header.length : end);
  const [component = '', repeat = '', mark = '', subcomponent = '', truncation = ''] = given.slice(0, 5);
  const all = [field, component, repeat, mark, subcomponent, truncation].filter((one) => one !== '');
  if (component === '' || new Set(all).size !== all.length || !all.every(mayDelimit)) return null;
  return {
    delimiters: { field, component, repeat, escape: mark, subcomponent, truncation },
    odd: given.length < 3 || given.length > 5,
  };
}

/** True for characters that can divide: no letters, digits, quotes, spaces or control characters. */
export function mayDelimit(character: string): boolean {
  return character.length === 1 && /^[!#-/:-@[-`{-~\xa1-\uffff]$/.test(character);
}
