/**
 * Accession numbers: 12 characters `YYDDD` (year and day of year, local) + station (2) + number of the day (4) + check character.
 * Two stations that cannot see each other never give the same one, because the station's code is part of it.
 *
 * The check character is ISO/IEC 7064 MOD 37-2, the pure system: it detects every single wrong character and every exchange of two
 * neighbours. (The hybrid MOD 37,36 misses about one exchange in 400.) Its check characters are the 36 of the alphabet and `*`; numbers that
 * would need `*`, I or O are never given. So no accession number holds an I or an O anywhere, and a typed I or O is read as 1 or 0.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const CLEAR = `0123456789${LETTERS}`;
const LENGTH = 12;

/** Most numbers one station can give in a day: 9999 with digits, then those that begin with a letter, less the ones left out. */
const BODIES = 9999 + LETTERS.length * CLEAR.length ** 3;

/** Running sum of MOD 37-2 over a text of 0-9 A-Z, after an earlier part's sum. */
function sumOf(text: string, before = 0): number {
  let sum = before;
  for (const c of text) sum = ((sum + ALPHABET.indexOf(c)) * 2) % 37;
  return sum;
}

/** MOD 37-2 check character for a running sum; `*` stands for the value 36. */
function checkOf(sum: number): string {
  return ALPHABET[(38 - sum) % 37] ?? '*';
}

function checkCharacter(text: string): string {
  return checkOf(sumOf(text));
}

/** The n-th four characters: 0001 … 9999, then A000, A001 … ZZZZ. */
function body(n: number): string {
  if (n <= 9999) return String(n).padStart(4, '0');
  let rest = n - 10_000;
  let text = '';
  for (let i = 0; i < 3; i++) {
    text = (CLEAR[rest % CLEAR.length] ?? '') + text;
    rest = Math.floor(rest / CLEAR.length);
  }
  return (LETTERS[rest] ?? '') + text;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** `YYDDD` of a local day. @throws RangeError when it is not a date `YYYY-MM-DD`. */
function yearAndDay(date: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const ms = match === null ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  if (match === null || Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) {
    throw new RangeError(`not a day YYYY-MM-DD: ${date}`);
  }
  const day = Math.round((ms - Date.UTC(Number(match[1]), 0, 1)) / 86_400_000) + 1;
  return date.slice(2, 4) + String(day).padStart(3, '0');
}

/**
 * The accession number for the n-th tube of a day on a station. Different sequences always give different numbers; a few of the four-figure
 * numbers are left out (see above), so `sequence` counts tubes and is not always what the four characters say.
 * @param date local day of the station, `YYYY-MM-DD`.
 * @param stationCode two characters, 0-9 A-Z without I and O.
 * @param sequence 1, 2, 3 … within the day and station.
 * @returns 12 characters without hyphens.
 * @throws RangeError for a wrong date, station code or sequence, or when the day is used up (after about 860 000).
 */
export function accessionNumber(input: { date: string; stationCode: string; sequence: number }): string {
  const { date, stationCode, sequence } = input;
  if (!/^[0-9A-HJ-NP-Z]{2}$/.test(stationCode)) throw new RangeError(`not a station code: ${stationCode}`);
  if (!Number.isInteger(sequence) || sequence < 1) throw new RangeError(`not a sequence: ${sequence}`);
  const head = yearAndDay(date) + stationCode;
  const before = sumOf(head);
  let given = 0;
  for (let n = 1; n <= BODIES; n++) {
    const text = body(n);
    const check = checkOf(sumOf(text, before));
    if (!CLEAR.includes(check)) continue;
    given += 1;
    if (given === sequence) return head + text + check;
  }
  throw new RangeError(`no accession numbers left on ${date} at station ${stationCode}`);
}

export interface ParsedAccession {
  ok: true;
  /** 12 characters, upper case, no hyphens. */
  identifier: string;
  /** Local day it was given, `YYYY-MM-DD` in 2000-2099. */
  date: string;
  stationCode: string;
  /** The four characters of the number of the day. */
  number: string;
}

export interface NoAccession {
  ok: false;
  why: 'length' | 'character' | 'day' | 'checkCharacter';
  /** One sentence for the person who scanned or typed it. */
  text: string;
  /** Neighbours whose exchange would make the number right: positions from 0 in the 12 characters, with the number it would be. */
  suspects: { at: [number, number]; characters: string; identifier: string }[];
}

/**
 * Reads a scanned or typed accession number; hyphens, spaces and lower case are accepted, I and O are read as 1 and 0. When the check
 * character is wrong, `suspects` names the pairs of neighbours that look exchanged. Nothing is corrected in silence.
 */
export function parseAccession(scanned: string): ParsedAccession | NoAccession {
  const identifier = scanned
    .replace(/[\s\-‐‑–]/g, '')
    .toUpperCase()
    .replace(/I/g, '1')
    .replace(/O/g, '0');
  const fail = (
    why: NoAccession['why'],
    text: string,
    suspects: NoAccession['suspects'] = [],
  ): NoAccession => ({
    ok: false,
    why,
    text,
    suspects,
  });
  const foreign = [...identifier].find((c) => !CLEAR.includes(c));
  if (foreign !== undefined) return fail('character', `An accession number has no character ${foreign}.`);
  if (identifier.length !== LENGTH) {
    return fail('length', `An accession number has ${LENGTH} characters, this has ${identifier.length}.`);
  }
  if (checkCharacter(identifier.slice(0, -1)) !== identifier.at(-1)) {
    const suspects = exchanged(identifier);
    const pair = suspects[0];
    const hint =
      pair === undefined
        ? 'A character is wrong.'
        : `Characters ${pair.at[0] + 1} and ${pair.at[1] + 1} (${pair.characters}) look exchanged.`;
    return fail('checkCharacter', `The check character does not fit. ${hint}`, suspects);
  }
  const date = dayOf(identifier);
  if (date === null) return fail('day', `${identifier.slice(0, 5)} is not a year and a day of the year.`);
  return { ok: true, identifier, date, stationCode: identifier.slice(5, 7), number: identifier.slice(7, 11) };
}

function exchanged(identifier: string): NoAccession['suspects'] {
  const suspects: NoAccession['suspects'] = [];
  for (let i = 0; i + 1 < LENGTH; i++) {
    const [a = '', b = ''] = [identifier[i], identifier[i + 1]];
    if (a === b) continue;
    const other = identifier.slice(0, i) + b + a + identifier.slice(i + 2);
    if (checkCharacter(other.slice(0, -1)) === other.at(-1) && dayOf(other) !== null) {
      suspects.push({ at: [i, i + 1], characters: a + b, identifier: other });
    }
  }
  return suspects;
}

/** Day of an accession number, or null when its first five characters are none or its number of the day is 0000. */
function dayOf(identifier: string): string | null {
  const match = /^(\d{2})(\d{3})..(?!0000)(?:\d{4}|[A-Z].{3}).$/.exec(identifier);
  if (match === null) return null;
  const year = 2000 + Number(match[1]);
  const day = Number(match[2]);
  if (day < 1 || day > (isLeap(year) ? 366 : 365)) return null;
  return new Date(Date.UTC(year, 0, day)).toISOString().slice(0, 10);
}

/** `26210B20432K` as `26-210-B2-0432-K`; anything that is not 12 characters long is given back as it is. */
export function formatAccession(identifier: string): string {
  const match = /^(.{2})(.{3})(.{2})(.{4})(.)$/.exec(identifier);
  return match === null ? identifier : match.slice(1).join('-');
}

/** The four characters people say to each other: `0432`. Not unique by itself. */
export function shortAccession(identifier: string): string {
  return identifier.length === LENGTH ? identifier.slice(7, 11) : identifier;
}
