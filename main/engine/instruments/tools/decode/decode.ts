/** The paste decoder: pasted text to named pieces, with what is wrong in words, and what the message says with a profile. Pure. */
import type { DecodeRow } from '../../../../../shared/ipc/tools.ts';
import type { Profile, Protocol } from '../../../../../shared/profiles/profile.ts';
import { ETX, STX, toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { type PreviewOptions, previewOf } from '../preview.ts';
import { readPasted } from './pasted.ts';
import { type TakenApart, takeApartAstm, takeApartHl7, takeApartLines } from './pieces.ts';

/** Pieces shown at most; a longer paste says so. */
const MOST_PIECES = 5_000;

/** @param protocol `auto`: told from the bytes, or taken from the profile */
export function decodePasted(
  text: string,
  protocol: Protocol | 'auto',
  profile: Profile | null,
  options: PreviewOptions,
): DecodeRow {
  const { form, bytes, notes } = readPasted(
    text,
    protocol === 'auto' ? (profile?.protocol ?? 'auto') : protocol,
  );
  const spoken = protocol === 'auto' ? (profile?.protocol ?? protocolOf(bytes)) : protocol;
  const taken = takeApart(bytes, spoken);
  const problems = [...notes, ...taken.problems];
  if (bytes.length === 0) problems.push('Nothing was pasted.');
  if (taken.pieces.length > MOST_PIECES)
    problems.push(`Only the first ${MOST_PIECES} of ${taken.pieces.length} pieces are shown.`);
  if (profile !== null && profile.protocol !== spoken)
    problems.push(`The profile speaks ${profile.protocol}; these bytes were read as ${spoken}.`);
  return {
    id: 'decode',
    form,
    protocol: spoken,
    bytes: toBinary(bytes),
    pieces: taken.pieces.slice(0, MOST_PIECES).map((piece, i) => ({ id: String(i), ...piece })),
    problems,
    preview:
      profile !== null && profile.protocol === spoken
        ? previewOf({ text: messageBytes(bytes, profile) }, profile, options)
        : null,
  };
}

function takeApart(bytes: Uint8Array, protocol: Protocol | 'unknown'): TakenApart {
  if (protocol === 'astm') return takeApartAstm(bytes);
  return protocol === 'hl7' ? takeApartHl7(bytes) : takeApartLines(bytes);
}

/** Which protocol bytes look like. */
export function protocolOf(bytes: Uint8Array): Protocol | 'unknown' {
  const binary = toBinary(bytes);
  if (binary.includes('\x0b') || /(^|[\r\n])(MSH|FHS|BHS)[^A-Za-z0-9\s]/.test(binary)) return 'hl7';
  if (/\x02[0-7][^\x02]*[\x03\x17][0-9A-Fa-f]{2}/.test(binary)) return 'astm';
  if (/(^|[\r\n\x02])[0-7]?H[^A-Za-z0-9\s][^A-Za-z0-9\s]{2}/.test(binary)) return 'astm';
  if (/^[\x04\x05\x06\x15\s]+$/.test(binary)) return 'astm';
  if (bytes.includes(STX) || bytes.includes(ETX)) return 'stream';
  return /[,;\t]/.test(binary) ? 'file' : 'unknown';
}

/** The message's own bytes for a profile: without frames and blocks where there are any, several messages one behind the other. */
export function messageBytes(bytes: Uint8Array, profile: Profile): Uint8Array {
  if (profile.protocol !== 'astm' && profile.protocol !== 'hl7') return bytes;
  const { messages } = takeApart(bytes, profile.protocol);
  const end = (part: Uint8Array) => (part.at(-1) === 0x0d || part.length === 0 ? [...part] : [...part, 0x0d]);
  return Uint8Array.from(messages.flatMap(end));
}
