/** Reads the bytes of one message, or of several, with a profile: the one door from the wire to results, for every protocol. Pure. */
import type { CharsetName } from '../protocols/astm/charset.ts';
import { decodeMessages } from '../protocols/astm/records.ts';
import { isAscii, isUtf8 } from '../protocols/hl7/charset.ts';
import { parseHl7 } from '../protocols/hl7/parse.ts';
import { interpretAstm } from './astm/interpret.ts';
import type { Interpretation, InterpretOptions } from './canonical.ts';
import { interpretHl7 } from './hl7/interpret.ts';
import { interpretFile, interpretStream } from './layout/interpret.ts';
import type { AstmProfile, Hl7Profile, Profile } from './profile.ts';
import { unreadable } from './unreadable.ts';

/**
 * Interprets what a line received. Never throws; what cannot be read comes as an interpretation whose problem says so.
 * @param bytes ASTM: records without frames; HL7: one MLLP block's content; stream: its blocks, each ended by the end mark; file: the file.
 */
export function readMessages(
  bytes: Uint8Array,
  profile: Profile,
  options: InterpretOptions = {},
): Interpretation[] {
  switch (profile.protocol) {
    case 'astm':
      return decodeMessages(bytes, { charset: astmCharset(bytes, profile) }).map((message) =>
        interpretAstm(message, profile, options),
      );
    case 'hl7':
      return readHl7(bytes, profile, options);
    case 'file':
      return [interpretFile(bytes, profile, options)];
    case 'stream':
      return [interpretStream(bytes, profile, options)];
  }
}

/** ASTM names no character set. Bytes that are UTF-8 are hardly ever meant as anything else, whatever the profile takes a device to send. */
function astmCharset(bytes: Uint8Array, { dialect }: AstmProfile): CharsetName {
  return !isAscii(bytes) && isUtf8(bytes) ? 'utf8' : dialect.charset;
}

/** MSH-18 names of a profile's character set, for messages that name none (M6). */
const HL7_CHARSETS = { utf8: 'UNICODE UTF-8', latin1: '8859/1', ascii: 'ASCII' } as const;

function readHl7(bytes: Uint8Array, profile: Hl7Profile, options: InterpretOptions): Interpretation[] {
  // Some devices send the zero byte that ends a text in their memory too.
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  const defaultCharset = HL7_CHARSETS[profile.dialect.charset];
  const parsed = parseHl7(bytes.subarray(0, end), {
    defaultCharset,
    guess: true,
    ...(options.decode === undefined ? {} : { decode: options.decode }),
  });
  const found = parsed.messages.map((message) => interpretHl7(message, profile, options));
  // What belongs to no message (a batch that is not whole, lines in front of the first MSH) is held by itself.
  const loose = parsed.problems.filter((problem) => problem.message === null && problem.severity === 'fault');
  if (loose.length === 0 && found.length > 0) return found;
  const text = loose.map((problem) => problem.text).join(' ') || 'There is no message.';
  return [...found, unreadable(text)];
}
