/**
 * Reading HL7 v2 (M1, M2, M5, M6): from bytes or text to messages, with batches and files. Never throws on what a peer sent:
 * what is odd is in the list of problems, and what belongs to no message is kept as `unread`.
 */
import { decodeBytes, encodingOf } from './charset.ts';
import { type DecodeOptions, decodePieces, type TextPiece } from './decode.ts';
import { type Hl7Delimiters, readHl7Delimiters, USUAL_HL7_DELIMITERS } from './delimiters.ts';
import { oddEscapes } from './escape.ts';
import { Hl7Message, type Hl7Problem } from './message.ts';
import { Hl7Segment, segmentContext } from './segment.ts';

export interface ParseOptions extends DecodeOptions {
  /** `\H\` and `\N\` in values: left out (default) or kept */
  highlighting?: 'remove' | 'keep';
  /** longest input in bytes or characters; default 64 Mi. A longer one is not read at all. */
  maxLength?: number;
  /** most segments of one input; default 200 000. What comes after them is `unread`. */
  maxSegments?: number;
}

/** Messages between BHS and BTS; messages outside any batch are in none. */
export interface Hl7Batch {
  header: Hl7Segment | null;
  trailer: Hl7Segment | null;
  /** positions in the list of messages */
  messages: number[];
}

export interface ParsedHl7 {
  messages: Hl7Message[];
  batches: Hl7Batch[];
  /** FHS and FTS when there were any */
  file: { header: Hl7Segment | null; trailer: Hl7Segment | null } | null;
  problems: Hl7Problem[];
  /** lines that belong to no message, as read: before the first MSH, behind an unreadable MSH, behind a limit */
  unread: string[];
}

const MOST_PROBLEMS = 200;
/** What may not stand in a segment: all control characters but the tabulator (CR and LF end segments). */
const CONTROLS = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).filter(
  (one) => !'\t\n\r'.includes(one),
);

/**
 * Reads an input that holds any number of messages, usually one, with or without batch (BHS, BTS) and file (FHS, FTS) around
 * them. Segments end with CR; LF and CR LF are tolerated and told (M1). Bytes are decoded by MSH-18 of each message (M6); text is
 * taken as it is. Nothing is dropped: what cannot be a message is in `unread`.
 */
export function parseHl7(input: string | Uint8Array, options: ParseOptions = {}): ParsedHl7 {
  const reader = new Reader(options);
  if (input.length > (options.maxLength ?? 64 * 1024 * 1024)) {
    reader.tell('size', 'fault', null, `The input is too long to be read: ${input.length}.`);
  } else if (typeof input === 'string') reader.readText(input, null, []);
  else {
    for (const { text, encoding, problems } of decodePieces(input, options)) {
      reader.readText(text, encoding, problems);
    }
  }
  return reader.finish();
}

/** The message being collected. */
interface Current {
  message: Hl7Message;
  index: number;
  /** begin and end of each segment; the message holds the same array */
  bounds: number[];
}

/** Collects messages line by line. */
class Reader {
  private readonly options: ParseOptions;
  private readonly result: ParsedHl7 = { messages: [], batches: [], file: null, problems: [], unread: [] };
  private segmentsLeft: number;
  private current: Current | null = null;
  private batch: Hl7Batch | null = null;
  /** messages that are in no batch yet, for a BTS without BHS */
  private outside: number[] = [];
  /** problems that found no room */
  private untold = 0;
  /** delimiters of the last FHS or BHS, which hold for its trailer too */
  private envelopeDelimiters: Hl7Delimiters = USUAL_HL7_DELIMITERS;
  private text = '';
  private control = false;
  /** true when a line ended with LF */
  private feeds = false;
  /** what was odd about the bytes, told as soon as the message they hold has begun */
  private aboutBytes: TextPiece['problems'] = [];

  constructor(options: ParseOptions) {
    this.options = options;
    this.segmentsLeft = options.maxSegments ?? 200_000;
  }

  /** Adds a problem: to the list of the input, and to the message `of`. Lists are bounded, but a fault always marks its message. */
  tell(
    rule: Hl7Problem['rule'],
    severity: Hl7Problem['severity'],
    segment: number | null,
    text: string,
  ): void {
    const problem = { rule, severity, message: this.current?.index ?? null, segment, text };
    const own = this.current?.message.problems;
    if (own !== undefined && (own.length < MOST_PROBLEMS || severity === 'fault')) {
      if (own.length < MOST_PROBLEMS || !own.some((one) => one.severity === 'fault')) own.push(problem);
    }
    if (this.result.problems.length < MOST_PROBLEMS) this.result.problems.push(problem);
    else this.untold += 1;
  }

  readText(input: string, encoding: string | null, aboutBytes: TextPiece['problems']): void {
    let text = input.charCodeAt(0) === 0xfeff ? input.slice(1) : input;
    const feeds = text.includes('\n');
    if (feeds) text = text.replace(/\r?\n/g, '\r');
    this.text = text;
    this.control = hasControls(text);
    this.aboutBytes = aboutBytes;
    for (let at = 0; at < text.length; ) {
      let end = text.indexOf('\r', at);
      if (end < 0) end = text.length;
      if (end > at && !isBlank(text, at, end)) this.line(at, end, encoding);
      at = end + 1;
    }
    this.endMessage();
    this.tellAboutBytes();
    this.feeds ||= feeds;
  }

  private tellAboutBytes(): void {
    for (const one of this.aboutBytes) this.tell('M6', one.severity, null, one.text);
    this.aboutBytes = [];
  }

  private line(from: number, to: number, encoding: string | null): void {
    if (this.segmentsLeft <= 0) {
      if (this.segmentsLeft === 0)
        this.tell('size', 'fault', null, 'Too many segments: the rest is not read.');
      this.segmentsLeft = -1;
      this.result.unread.push(this.text.slice(from, to));
      return;
    }
    this.segmentsLeft -= 1;
    const { text } = this;
    const a = text.charCodeAt(from);
    const b = text.charCodeAt(from + 1);
    const c = text.charCodeAt(from + 2);
    if (a === 0x4d && b === 0x53 && c === 0x48) this.startMessage(from, to, encoding);
    else if ((b === 0x48 || b === 0x54) && c === 0x53 && (a === 0x46 || a === 0x42)) this.envelope(from, to);
    else if (this.current === null) this.leaveUnread(from, to);
    else {
      const { bounds, message } = this.current;
      bounds.push(from, to);
      const after = from + 3;
      const ends = after === to || (after < to && text.charAt(after) === message.delimiters.field);
      if (!(ends && isUpper(a) && isUpperOrDigit(b) && isUpperOrDigit(c))) {
        const index = (bounds.length >> 1) - 1;
        this.tell('M1', 'fault', index, 'A line that is no segment: perhaps a line break inside a value.');
      }
    }
  }

  private startMessage(from: number, to: number, encoding: string | null): void {
    this.endMessage();
    const read = readHl7Delimiters(this.text.slice(from, Math.min(to, from + 64)));
    if (read === null) {
      this.tell('M2', 'fault', null, 'A message header without usable delimiters.');
      this.result.unread.push(this.text.slice(from, to));
      return;
    }
    const index = this.result.messages.length;
    const bounds = [from, to];
    // Found at the first escape and kept: a message may have as many escapes as MSH-18 is long.
    let named: string | null | undefined = encoding ?? undefined;
    const context = segmentContext(read.delimiters, {
      highlighting: this.options.highlighting,
      hex: (bytes) => {
        if (named === undefined) named = encodingOf(message.charset);
        return hexText(bytes, named, this.options);
      },
    });
    const message: Hl7Message = new Hl7Message(context, { text: this.text, bounds }, encoding, []);
    this.result.messages.push(message);
    (this.batch?.messages ?? this.outside).push(index);
    this.current = { message, index, bounds };
    this.tellAboutBytes();
    if (read.odd) this.tell('M2', 'note', 0, 'MSH-2 has fewer than three or more than five characters.');
  }

  private endMessage(): void {
    if (this.current === null) return;
    const { message, bounds } = this.current;
    const { header } = message;
    if (header.field(9) === '') this.tell('M3', 'fault', 0, 'MSH-9 is empty: the message has no type.');
    if (header.field(10) === '')
      this.tell('M3', 'note', 0, 'MSH-10 is empty: no answer can name the message.');
    if (this.control) this.findControls(bounds);
    if (message.delimiters.escape !== '') this.findEscapes(message.delimiters, bounds);
    this.current = null;
  }

  private findControls(bounds: readonly number[]): void {
    for (let at = 0; at < bounds.length; at += 2) {
      if (hasControls(this.text.slice(bounds[at], bounds[at + 1]))) {
        this.tell('M1', 'fault', at >> 1, 'Control characters inside a segment.');
      }
    }
  }

  private findEscapes(delimiters: Hl7Delimiters, bounds: readonly number[]): void {
    const { text } = this;
    const afterMsh2 = text.indexOf(delimiters.field, (bounds[0] ?? 0) + 4);
    const start = afterMsh2 < 0 ? text.length : afterMsh2;
    const body = text.slice(start, bounds.at(-1));
    let segment = 0;
    for (let at = body.indexOf(delimiters.escape); at >= 0; ) {
      while ((bounds[2 * segment + 1] ?? text.length) <= start + at) segment += 1;
      const end = bounds[2 * segment + 1] ?? text.length;
      const odd = oddEscapes(text, start + at, end, delimiters);
      if (odd.loose > 0) {
        this.tell(
          'M5',
          'note',
          segment,
          `${odd.loose} escape characters that begin no sequence; kept as sent.`,
        );
      }
      if (odd.foreign > 0) {
        this.tell('M5', 'note', segment, `${odd.foreign} escape sequences of other sets; kept as sent.`);
      }
      at = body.indexOf(delimiters.escape, end - start);
    }
  }

  /** FHS, BHS, BTS and FTS: they end a message and are part of none. */
  private envelope(from: number, to: number): void {
    this.endMessage();
    const { text, result } = this;
    const own = readHl7Delimiters(text.slice(from, Math.min(to, from + 64)));
    const trailer = text.charAt(from + 1) === 'T';
    if (own === null && !trailer) this.tell('M2', 'note', null, 'A batch header without usable delimiters.');
    if (!trailer) this.envelopeDelimiters = own?.delimiters ?? USUAL_HL7_DELIMITERS;
    const segment = new Hl7Segment(segmentContext(this.envelopeDelimiters), text, from, to, 0);
    const file = text.charAt(from) === 'F';
    if (file && (trailer ? result.file?.trailer : result.file)) {
      // There is one place for it; what it says is kept with what else belongs nowhere.
      this.tell('M1', 'fault', null, trailer ? 'A second file trailer.' : 'A second file header.');
      result.unread.push(segment.raw);
    } else if (file && !trailer) result.file = { header: segment, trailer: null };
    else if (file) {
      this.endBatch(null);
      result.file = { header: result.file?.header ?? null, trailer: segment };
      // Without BHS and BTS the messages of a file are one batch.
      const batches = Math.max(result.batches.length, this.outside.length > 0 ? 1 : 0);
      this.compare(segment, batches, 'file trailer', 'batches');
    } else if (trailer) this.endBatch(segment);
    else {
      this.endBatch(null);
      this.batch = { header: segment, trailer: null, messages: [] };
      result.batches.push(this.batch);
    }
  }

  /** Ends the open batch, if any; without trailer it is incomplete. */
  private endBatch(trailer: Hl7Segment | null): void {
    if (trailer !== null && this.batch === null) {
      this.batch = { header: null, trailer, messages: this.outside };
      this.outside = [];
      this.result.batches.push(this.batch);
      this.tell('M1', 'note', null, 'A batch trailer without batch header.');
    }
    if (this.batch === null) return;
    this.batch.trailer = trailer;
    if (trailer === null) this.tell('M1', 'fault', null, 'A batch without trailer: it is not complete.');
    else this.compare(trailer, this.batch.messages.length, 'batch trailer', 'messages');
    this.batch = null;
  }

  /** BTS-1 and FTS-1 state how many there are; empty states nothing. */
  private compare(trailer: Hl7Segment, found: number, where: string, what: string): void {
    const stated = trailer.value(1).trim();
    if (stated === '' || (/^\d{1,9}$/.test(stated) && Number(stated) === found)) return;
    const count = /^\d{1,9}$/.test(stated) ? stated : 'no number of';
    this.tell('M1', 'fault', null, `The ${where} states ${count} ${what}, found ${found}.`);
  }

  private leaveUnread(from: number, to: number): void {
    if (this.result.unread.length === 0) {
      this.tell(
        'M1',
        'fault',
        null,
        'Lines that belong to no message: there is no readable MSH before them.',
      );
    }
    this.result.unread.push(this.text.slice(from, to));
  }

  finish(): ParsedHl7 {
    const { result } = this;
    this.endBatch(null);
    if (result.file?.header && result.file.trailer === null) {
      this.tell('M1', 'fault', null, 'A file without trailer: it is not complete.');
    }
    if (this.feeds) this.tell('M1', 'note', null, 'Segments end with LF or CR LF instead of CR.');
    const refused = result.problems.some(({ rule }) => rule === 'size');
    if (result.messages.length === 0 && result.unread.length === 0 && !refused) {
      this.tell('M1', 'fault', null, 'There is no message.');
    }
    if (this.untold > 0) {
      const text = `${this.untold} more problems.`;
      result.problems.push({ rule: 'size', severity: 'fault', message: null, segment: null, text });
    }
    return result;
  }
}

/** One search for each is quicker than one for the whole class. */
function hasControls(text: string): boolean {
  for (const one of CONTROLS) if (text.includes(one)) return true;
  return false;
}

/** A line of nothing but blanks and tabulators holds nothing, as an empty one does. */
function isBlank(text: string, from: number, to: number): boolean {
  let at = from;
  while (at < to && (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 9)) at += 1;
  return at === to;
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isUpperOrDigit(code: number): boolean {
  return isUpper(code) || (code >= 0x30 && code <= 0x39);
}

/** Text of `\Xhh..\` in the message's own character set; one that cannot be read gives one character per byte. */
function hexText(bytes: Uint8Array, encoding: string | null, options: ParseOptions): string {
  // ASCII says nothing about bytes above 127, and UTF-16 never stands in hexadecimal pairs of a one-byte control character.
  const usable =
    encoding === null || encoding === 'ascii' || encoding.startsWith('utf16') ? 'latin1' : encoding;
  return decodeBytes(usable, bytes, options.decode) ?? decodeBytes('latin1', bytes) ?? '';
}
