/** Reads the bytes of one message, or of several, with a profile: the one door from the wire to results, for every protocol. Pure. */
import { decodeMessages } from '../protocols/astm/records.ts';
import { interpretAstm } from './astm/interpret.ts';
import type { Interpretation, InterpretOptions } from './canonical.ts';
import type { Profile } from './profile.ts';
import { unreadable } from './unreadable.ts';

/**
 * Interprets what a line received. Never throws; what cannot be read comes as an interpretation whose problem says so.
 * @param bytes ASTM: records without frames; HL7: one MLLP block's content; stream: a block's text; file: the file.
 */
export function readMessages(
  bytes: Uint8Array,
  profile: Profile,
  options: InterpretOptions = {},
): Interpretation[] {
  switch (profile.protocol) {
    case 'astm':
      return decodeMessages(bytes, { charset: profile.dialect.charset }).map((message) =>
        interpretAstm(message, profile, options),
      );
    case 'hl7':
    case 'file':
    case 'stream':
      return [unreadable(`The protocol ${profile.protocol} is not read yet.`)];
  }
}
