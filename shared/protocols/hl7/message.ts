/** A message and reading values out of it by path. */
import { charsetName } from './decode.ts';
import type { Hl7Delimiters } from './delimiters.ts';
import { Hl7Segment, type SegmentContext } from './segment.ts';

/** MSH-9 as sent. Old senders give the code alone. */
export interface MessageType {
  /** `ORU` */
  code: string;
  /** `R01` */
  trigger: string;
  /** `ORU_R01`; '' when not sent */
  structure: string;
}

/** What is odd about what was received. Nothing is repaired in silence. */
export interface Hl7Problem {
  /** the rule (docs/protocols/hl7.md); `size` = a limit of ours */
  rule: 'M1' | 'M2' | 'M3' | 'M5' | 'M6' | 'M7' | 'size';
  /** `fault`: a value may be wrong or missing, so the message is to be held. `note`: tolerated, the meaning is clear. */
  severity: 'fault' | 'note';
  /** position in the list of messages, null when it belongs to none */
  message: number | null;
  /** index of the segment in its message, null for the whole */
  segment: number | null;
  text: string;
}

/** Which segments a message has, as lines in a text. */
export interface MessageLines {
  text: string;
  /** begin and end of each segment, one after the other */
  bounds: readonly number[];
}

/** Names as they stand in code, so that comparing them is comparing references. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [
    'MSH',
    'PID',
    'PV1',
    'ORC',
    'OBR',
    'TQ1',
    'OBX',
    'NTE',
    'SPM',
    'SAC',
    'MSA',
    'ERR',
    'QPD',
    'RCP',
    'QAK',
  ].map((name) => [name, name]),
);

export class Hl7Message {
  readonly delimiters: Hl7Delimiters;
  /** the character set the bytes were read with; null when text was given */
  readonly encoding: string | null;
  /** what is wrong with this message; the same objects are in the list of the whole input */
  readonly problems: Hl7Problem[];
  private readonly context: SegmentContext;
  private readonly lines: MessageLines;
  private read: Hl7Segment[] | null = null;

  constructor(
    context: SegmentContext,
    lines: MessageLines,
    encoding: string | null,
    problems: Hl7Problem[] = [],
  ) {
    this.context = context;
    this.delimiters = context.delimiters;
    this.lines = lines;
    this.encoding = encoding;
    this.problems = problems;
  }

  /** All segments in the order sent, unknown ones included; the first is MSH. */
  get segments(): readonly Hl7Segment[] {
    if (this.read !== null) return this.read;
    const { text, bounds } = this.lines;
    const all: Hl7Segment[] = [];
    let id = '';
    for (let at = 0; at + 1 < bounds.length; at += 2) {
      const from = bounds[at] ?? 0;
      const to = bounds[at + 1] ?? 0;
      // Segments of one name come in rows.
      if (id.length !== 3 || to - from < 3 || !text.startsWith(id, from)) {
        id = text.slice(from, Math.min(from + 3, to));
        id = NAMES.get(id) ?? id;
      }
      all.push(new Hl7Segment(this.context, text, from, to, at >> 1, id));
    }
    this.read = all;
    return all;
  }

  /** The MSH segment. */
  get header(): Hl7Segment {
    const [first] = this.segments;
    if (first === undefined) throw new RangeError('A message without segments cannot be read');
    return first;
  }

  /** The first segment of that name. */
  segment(id: string): Hl7Segment | undefined {
    return this.segments.find((one) => one.id === id);
  }

  /** All segments of that name. */
  all(id: string): Hl7Segment[] {
    return this.segments.filter((one) => one.id === id);
  }

  /** MSH-9 */
  get type(): MessageType {
    const { header } = this;
    return { code: header.value(9, 1), trigger: header.value(9, 2), structure: header.value(9, 3) };
  }

  /** MSH-10 */
  get controlId(): string {
    return this.header.value(10);
  }

  /** MSH-11, first component: P production, T training, D debugging, Q quality control (M6) */
  get processingId(): string {
    return this.header.value(11, 1);
  }

  /** MSH-12, first component, for example `2.5.1` */
  get version(): string {
    return this.header.value(12, 1);
  }

  /** MSH-15: AL, NE, ER or SU; '' when not given */
  get acceptAck(): string {
    return this.header.value(15).trim();
  }

  /** MSH-16: AL, NE, ER or SU; '' when not given */
  get applicationAck(): string {
    return this.header.value(16).trim();
  }

  /**
   * The first name in MSH-18, '' when not given. Hexadecimal escapes in it stay away: it says how to read them. What the bytes were
   * really read with is in {@link encoding}.
   */
  get charset(): string {
    return charsetName(this.header.field(18, 1), this.delimiters);
  }

  /** The message as sent, segments ended by CR. */
  get raw(): string {
    return this.segments.map((one) => `${one.raw}\r`).join('');
  }

  /** True when something is wrong that may change a value: hold the message. */
  get faulty(): boolean {
    return this.problems.some((problem) => problem.severity === 'fault');
  }
}

/** Where a value stands: `SPM-2`, `OBX-3.4`, `PID-3[2].4.1`. */
export interface Hl7Path {
  segment: string;
  field: number;
  /** repeat, from 1 */
  repeat: number;
  component: number | undefined;
  subcomponent: number | undefined;
}

/** Reads `SEG-field[repeat].component.subcomponent`, all but segment and field optional; `null` when it is no path. */
export function parseHl7Path(path: string): Hl7Path | null {
  const match =
    /^([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})(?:\[([1-9]\d{0,2})\])?(?:\.([1-9]\d{0,2})(?:\.([1-9]\d{0,2}))?)?$/.exec(
      path,
    );
  if (match === null) return null;
  const [, segment = '', field, repeat = '1', component, subcomponent] = match;
  return {
    segment,
    field: Number(field),
    repeat: Number(repeat),
    component: component === undefined ? undefined : Number(component),
    subcomponent: subcomponent === undefined ? undefined : Number(subcomponent),
  };
}

/**
 * The value at a path, escapes resolved: in a message that of its first such segment, in a segment its own. What the path leaves
 * out is not narrowed down: `SPM-2` is the whole first repeat, `SPM-2.1` the whole first component with its sub-components,
 * `SPM-2.1.1` the first sub-component alone. '' when there is none, or when the segment has another name.
 * @throws {RangeError} when the path is none (paths come from profiles, which are checked when they are loaded)
 */
export function valueAt(source: Hl7Message | Hl7Segment, path: string | Hl7Path): string {
  const at = typeof path === 'string' ? parseHl7Path(path) : path;
  if (at === null) throw new RangeError(`Not a path in an HL7 message: ${String(path)}`);
  const segment = source instanceof Hl7Segment ? source : source.segment(at.segment);
  if (segment === undefined || segment.id !== at.segment) return '';
  return segment.value(at.field, at.component, at.subcomponent, at.repeat);
}
