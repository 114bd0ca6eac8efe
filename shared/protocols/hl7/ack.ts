/** Acknowledgements (M3, M4), pure: what to answer, and the answer itself. The caller gives the time and the new control id. */
import { type EncodePort, encodeText, encodingOf } from './charset.ts';
import { type Hl7Delimiters, USUAL_HL7_DELIMITERS } from './delimiters.ts';
import { type EncodedHl7, encodeHl7, type OutHl7Field, type OutSegment, outSegment } from './encode.ts';
import { escapeHl7 } from './escape.ts';
import type { Hl7Message } from './message.ts';

/** `accept` = the message is safe here (CA CE CR); `application` = what became of it (AA AE AR), also the one of original mode. */
export type AckLevel = 'accept' | 'application';

/** `error` = content (M4: AE, CE), `reject` = cannot be processed: wrong type, version or processing id (AR, CR). */
export type AckOutcome = 'ok' | 'error' | 'reject';

export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

/** One thing that is wrong, for an ERR segment. */
export interface AckError {
  /** HL7 table 0357: 100 segment sequence, 101 required field missing, 102 data type, 103 table value not found, 200 message type, ... */
  code: string;
  /** plain words, without patient data */
  text: string;
  /** default E */
  severity?: 'E' | 'W' | 'I';
  /** numbers count from 1 */
  location?: {
    segment: string;
    sequence?: number;
    field?: number;
    repeat?: number;
    component?: number;
    subcomponent?: number;
  };
}

export interface AckOptions {
  level: AckLevel;
  outcome: AckOutcome;
  /** MSH-7, `YYYYMMDDHHMMSS[+/-ZZZZ]` */
  time: string;
  /** MSH-10 of the acknowledgement */
  controlId: string;
  errors?: readonly AckError[];
  /** MSH-15 of the acknowledgement in enhanced mode; default NE */
  acceptAck?: 'AL' | 'NE' | 'ER' | 'SU';
  /** default: the one of the message */
  charset?: string;
  encode?: EncodePort;
}

/** M3: enhanced as soon as MSH-15 or MSH-16 is given. */
export function ackMode(message: Hl7Message): 'original' | 'enhanced' {
  return message.acceptAck === '' && message.applicationAck === '' ? 'original' : 'enhanced';
}

/**
 * Whether the sender is to get this acknowledgement (M3). Original mode: always the application one, never an accept one.
 * Enhanced: as MSH-15 and MSH-16 ask (AL always, NE never, ER when it is not ok, SU when it is); one that is left empty asks for
 * none, an unknown code is read as AL. Answers are not answered: nothing for one in original mode, and nothing for CA, CE, CR.
 */
export function isAckWanted(message: Hl7Message, level: AckLevel, outcome: AckOutcome): boolean {
  const answer = message.segment('MSA');
  if (ackMode(message) === 'original') return level === 'application' && answer === undefined;
  if (answer !== undefined && /^C[AER]$/.test(answer.value(1))) return false;
  const asked = level === 'accept' ? message.acceptAck : message.applicationAck;
  switch (asked) {
    case '':
    case 'NE':
      return false;
    case 'ER':
      return outcome !== 'ok';
    case 'SU':
      return outcome === 'ok';
    default:
      return true;
  }
}

/** MSA-1 for a level and an outcome (M3, M4). */
export function ackCode(level: AckLevel, outcome: AckOutcome): AckCode {
  const codes = {
    accept: { ok: 'CA', error: 'CE', reject: 'CR' },
    application: { ok: 'AA', error: 'AE', reject: 'AR' },
  } as const;
  return codes[level][outcome];
}

/** What this side can process; a list left out allows everything. */
export interface Supported {
  /** `ORU^R01`; a type without trigger (`ACK`) allows each of its triggers */
  types?: readonly string[];
  /** `2.5.1`; `2.5` does not stand for `2.5.1` */
  versions?: readonly string[];
  /** MSH-11: P, T, D, Q */
  processingIds?: readonly string[];
}

/** M4: the reason to answer AR (or CR), or null when the message can be processed. An empty MSH-11 or MSH-12 is let pass. */
export function whyRejected(message: Hl7Message, supported: Supported): AckError | null {
  const { code, trigger } = message.type;
  const { types, versions, processingIds } = supported;
  const at = (field: number, component?: number) => ({
    segment: 'MSH',
    sequence: 1,
    field,
    repeat: 1,
    component,
  });
  if (types !== undefined && !types.includes(code) && !types.includes(`${code}^${trigger}`)) {
    return types.some((one) => one.startsWith(`${code}^`))
      ? { code: '201', text: 'Unsupported event code', location: at(9, 2) }
      : { code: '200', text: 'Unsupported message type', location: at(9, 1) };
  }
  // Blanks around them do not make them others.
  const [processingId, version] = [message.processingId.trim(), message.version.trim()];
  if (processingIds !== undefined && processingId !== '' && !processingIds.includes(processingId)) {
    return { code: '202', text: 'Unsupported processing id', location: at(11) };
  }
  if (versions !== undefined && version !== '' && !versions.includes(version)) {
    return { code: '203', text: 'Unsupported version id', location: at(12) };
  }
  return null;
}

/**
 * The acknowledgement of a message (M3, M4): sender and receiver change places, MSA-2 is MSH-10 as sent (control characters in hexadecimal), delimiters, version,
 * processing id and character set are those of the message. ERR has the form of 2.5 (one segment per error) or the
 * older one (ERR-1) by MSH-12. With `null` the answer to something without readable header: usual delimiters, MSA-2 empty.
 */
export function ackFor(message: Hl7Message | null, options: AckOptions): EncodedHl7 {
  const code = ackCode(options.level, options.outcome);
  const errors = options.errors ?? [];
  const delimiters = completed(message?.delimiters ?? USUAL_HL7_DELIMITERS);
  const copy = (n: number): OutHl7Field => copied(message, n, delimiters);
  const version = message?.version || '2.5.1';
  const enhanced = message !== null && ackMode(message) === 'enhanced';
  const segments: OutSegment[] = [
    outSegment('MSH', {
      3: copy(5),
      4: copy(6),
      5: copy(3),
      6: copy(4),
      7: options.time,
      9: ackType(message?.type.trigger ?? '', version),
      10: options.controlId,
      11: message?.header.field(11) ? copy(11) : 'P',
      12: message?.header.field(12) ? copy(12) : version,
      15: enhanced ? (options.acceptAck ?? 'NE') : null,
      16: enhanced ? 'NE' : null,
    }),
    outSegment('MSA', {
      1: code,
      2: copy(10),
      // MSA-3 was withdrawn in 2.7; before, it is where people look.
      3: atLeast(version, 2, 7) ? null : errors[0]?.text,
    }),
    ...errorSegments(errors, version),
  ];
  const charset = options.charset ?? charsetFor(message, options.encode);
  return encodeHl7(segments, {
    delimiters,
    charset,
    encode: options.encode,
  });
}

/**
 * A field of MSH as sent. One with control characters is written anew as one value, with those in hexadecimal: as they are, one in
 * front of a segment's end could end the block of the answer (M1).
 */
function copied(message: Hl7Message | null, n: number, delimiters: Hl7Delimiters): OutHl7Field {
  const raw = message?.header.field(n) ?? '';
  if (message === null || !/[\x00-\x1f\x7f]/.test(raw)) return { raw };
  return { raw: escapeHl7(message.header.value(n), delimiters, { lineBreaks: 'hex' }) };
}

function ackType(trigger: string, version: string): string[] {
  if (trigger === '') return ['ACK'];
  return atLeast(version, 2, 3, 1) ? ['ACK', trigger, 'ACK'] : ['ACK', trigger];
}

function errorSegments(errors: readonly AckError[], version: string): OutSegment[] {
  if (errors.length === 0) return [];
  if (!atLeast(version, 2, 5)) {
    const repeats = errors.map(({ location, code, text }) => [
      location?.segment ?? '',
      numeral(location?.sequence),
      numeral(location?.field),
      [code, text, 'HL70357'],
    ]);
    return [['ERR', { repeats }]];
  }
  return errors.map(({ location, code, text, severity }) =>
    outSegment('ERR', {
      2:
        location === undefined
          ? null
          : [
              location.segment,
              numeral(location.sequence),
              numeral(location.field),
              numeral(location.repeat),
              numeral(location.component),
              numeral(location.subcomponent),
            ],
      3: [code, text, 'HL70357'],
      4: severity ?? 'E',
      8: text,
    }),
  );
}

function numeral(n: number | undefined): string {
  return n === undefined ? '' : String(n);
}

/** True when `version` (`2.5.1`) is not older than major.minor.patch; what is no version counts as new. */
function atLeast(version: string, major: number, minor: number, patch = 0): boolean {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version);
  if (match === null) return true;
  const wanted = [major, minor, patch];
  for (let i = 0; i < 3; i += 1) {
    const difference = Number(match[i + 1] ?? 0) - (wanted[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The message's own set if it can be written and means what the bytes were, else UTF-8. */
function charsetFor(message: Hl7Message | null, port: EncodePort | undefined): string {
  if (message === null) return 'ASCII';
  const name = message.charset || 'ASCII';
  const encoding = encodingOf(name);
  const read = message.encoding ?? encoding;
  if (read === 'utf8') return 'UNICODE UTF-8';
  if (read === 'latin1') return '8859/1';
  return encoding !== null && encodeText(encoding, '', port) !== null ? name : 'UNICODE UTF-8';
}

/** Delimiters that the message does not declare, taken from the usual ones or from characters it does not use. */
function completed(delimiters: Hl7Delimiters): Hl7Delimiters {
  const out = { ...delimiters };
  const used = new Set(Object.values(delimiters));
  for (const name of ['repeat', 'escape', 'subcomponent'] as const) {
    if (out[name] !== '') continue;
    const free = [USUAL_HL7_DELIMITERS[name], '*', '$', '%', '@'].find((one) => !used.has(one)) ?? '';
    out[name] = free;
    used.add(free);
  }
  return out;
}
