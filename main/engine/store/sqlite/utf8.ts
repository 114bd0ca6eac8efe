const encoder = new TextEncoder();
/** Where the bytes are put. */
const scratch = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * The UTF-8 bytes of a well-formed text, such as JSON.stringify gives. They stand until the next call only: whoever needs them for longer makes
 * a copy. To be used where a text goes to several places, each of which would encode it for itself.
 */
export function utf8(text: string): Uint8Array {
  if (text.length * 3 > scratch.length) return Buffer.from(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
