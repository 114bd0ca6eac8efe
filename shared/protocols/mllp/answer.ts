/**
 * Who is told what (M3, M4), pure: the messages in a block and whether they can be taken, which acknowledgements their sender wants, what an
 * answer says, and which answers a message of ours asks for.
 */
import {
  type AckError,
  type AckLevel,
  type AckOutcome,
  ackMode,
  isAckWanted,
  type Supported,
  whyRejected,
} from '../hl7/ack.ts';
import type { Hl7Message } from '../hl7/message.ts';
import { type ParseOptions, parseHl7 } from '../hl7/parse.ts';

/** What a line takes and how it answers; from the profile. */
export interface AnswerRules {
  /** `asAsked`: by MSH-15 and MSH-16 (M3). The others answer so whatever is asked. */
  acknowledge: 'asAsked' | 'original' | 'enhanced';
  supported: Supported;
  /** Types (`QBP`) whose application acknowledgement is a message of its own (`RSP^K11`): none is sent for them here. */
  responds: readonly string[];
}

/**
 * Types of message that a laboratory bench has to do with; others are rejected (M4). EAN, ESU, INU, LSU, NMD, SSU and TCU tell how a device or a specimen
 * on it is, as a heartbeat does: they are taken and kept with the line, and ask nothing of us.
 */
export const BENCH_TYPES: readonly string[] = [
  'ACK',
  'DSR',
  'EAN',
  'ESU',
  'INU',
  'LSU',
  'NMD',
  'OML',
  'ORL',
  'ORM',
  'ORR',
  'ORU',
  'OUL',
  'QBP',
  'QCK',
  'QRY',
  'RSP',
  'SSU',
  'TCU',
];

/** All versions of HL7 v2. */
export const VERSIONS: readonly string[] = [
  '2',
  '2.0',
  '2.1',
  '2.2',
  '2.3',
  '2.3.1',
  '2.4',
  '2.5',
  '2.5.1',
  '2.6',
  '2.7',
  '2.7.1',
  '2.8',
  '2.8.1',
  '2.8.2',
  '2.9',
];

/** Production, training, debugging, quality control. What is not production is taken and held for a person. */
export const PROCESSING_IDS: readonly string[] = ['P', 'T', 'D', 'Q'];

/** What an answer (MSA) says. */
export interface Answer {
  /** MSA-2: the MSH-10 of the message it answers */
  names: string;
  level: AckLevel;
  /** AA or CA */
  ok: boolean;
  /** MSA-1 as sent */
  code: string;
  /** what its sender says about it: MSA-3, ERR; '' = nothing */
  text: string;
  /** nothing but an acknowledgement, not a response with content (RSP, ORL, ORR) */
  plain: boolean;
}

/** One message of a block. */
export interface ReadMessage {
  message: Hl7Message;
  /** null: it answers nothing */
  answer: Answer | null;
  outcome: AckOutcome;
  /** why `outcome` is not ok */
  error: AckError | null;
}

/** Reads a block's content: its messages, usually one, and whether each can be taken. None: it is not HL7 (M4: AE). */
export function readBlock(
  content: Uint8Array,
  rules: AnswerRules,
  options: ParseOptions = {},
): ReadMessage[] {
  return parseHl7(content, options).messages.map((message) => {
    const answer = answerIn(message);
    const error = answer === null ? whyRejected(message, rules.supported) : null;
    return { message, answer, outcome: error === null ? 'ok' : 'reject', error };
  });
}

/** M4: what is said about a block in which no message can be read. */
export const NOT_HL7: AckError = {
  code: '100',
  text: 'This is no message of HL7 v2: it has no readable MSH segment.',
};

/** What is said when the journal could not take a message: it has no effect here, and is to come again. */
export const NOT_STORED: AckError = {
  code: '207',
  text: 'The message could not be stored here. Please send it again.',
};

/** M4: a block longer than this line takes. */
export function tooLong(maxBytes: number): AckError {
  return { code: '207', text: `The message is longer than the ${maxBytes} bytes that are taken here.` };
}

/** M3: whether the sender of a message wants an acknowledgement of this level. Answers get at most an accept acknowledgement. */
export function isWanted(
  message: Hl7Message,
  level: AckLevel,
  outcome: AckOutcome,
  acknowledge: AnswerRules['acknowledge'],
): boolean {
  const answers = message.segment('MSA') !== undefined;
  if (answers && level === 'application') return false;
  if (acknowledge === 'original') return level === 'application';
  if (acknowledge === 'enhanced' && ackMode(message) === 'original') return !answers;
  return isAckWanted(message, level, outcome);
}

/** M3: true when the application acknowledgement waits until the message has been posted. */
export function isDeferred(message: Hl7Message, acknowledge: AnswerRules['acknowledge']): boolean {
  return acknowledge === 'enhanced' || (acknowledge === 'asAsked' && ackMode(message) === 'enhanced');
}

/** The answer in a message, null when it has no MSA. */
export function answerIn(message: Hl7Message): Answer | null {
  const msa = message.segment('MSA');
  if (msa === undefined) return null;
  const code = msa.value(1).trim().toUpperCase();
  return {
    names: msa.value(2),
    level: code.startsWith('C') ? 'accept' : 'application',
    ok: code === 'AA' || code === 'CA',
    code,
    text: wordsOf(message),
    plain: message.type.code === 'ACK' || message.type.code === '',
  };
}

/** MSA-3, else what the first ERR segment says in any version: ERR-8, ERR-7, ERR-3.2, ERR-1.4.2. */
function wordsOf(message: Hl7Message): string {
  const said = message.segment('MSA')?.value(3) ?? '';
  const err = message.segment('ERR');
  if (said !== '' || err === undefined) return said;
  return err.value(8) || err.value(7) || err.value(3, 2) || err.value(1, 4, 2) || err.value(3, 1);
}

/** Which answers a message of ours asks for. */
export interface Expected {
  /** MSH-10, which the answers name */
  controlId: string;
  /** it is an answer itself, and so never waits behind others */
  isAnswer: boolean;
  /** CA is awaited */
  accept: boolean;
  /** AA is awaited, or the response that holds it */
  application: boolean;
}

/**
 * What is awaited after a message of ours (M3): what a peer answers by {@link isWanted} when all is well. One that was asked for on errors alone is not
 * awaited. Null when the bytes are no single message, or cannot be named by an answer because MSH-10 is empty.
 */
export function expectedFor(bytes: Uint8Array): Expected | null {
  const { messages } = parseHl7(bytes);
  const [message] = messages;
  if (message === undefined || messages.length > 1 || message.controlId === '') return null;
  const awaited = (level: AckLevel) => isWanted(message, level, 'ok', 'asAsked');
  return {
    controlId: message.controlId,
    isAnswer: message.segment('MSA') !== undefined,
    accept: awaited('accept'),
    application: awaited('application'),
  };
}
