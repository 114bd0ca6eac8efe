import { TextDecoder } from 'node:util';
import type { DecodePort } from '../../../shared/protocols/hl7/charset.ts';

const decoders = new Map<string, TextDecoder | null>();

/** Character sets that are not built into the HL7 codec (M6), as the platform reads them: GB 18030, GBK, Shift JIS, 8859-2 … */
export const decodeText: DecodePort = (encoding, bytes) => {
  // UTF-8 is built in, and read byte for byte alike everywhere.
  if (encoding === 'utf8') return null;
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = decoderOf(encoding);
    decoders.set(encoding, decoder);
  }
  return decoder === null ? null : decoder.decode(bytes);
};

function decoderOf(encoding: string): TextDecoder | null {
  try {
    return new TextDecoder(encoding);
  } catch {
    return null;
  }
}
