import { transcode } from 'node:buffer';

/** What stands between two texts: JSON on one line has none inside. */
const END = '\n';
const END_BYTE = 10;

/** Where texts are put as UTF-16 on their way. */
let scratch = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * Texts of JSON on one line each, in UTF-8, side by side in one piece of memory; nobody may change them. Together, and by way of UTF-16, that is
 * a fifth of the time that one after the other takes. The piece is given back when none of them is used any more.
 */
export function utf8Of(texts: readonly string[]): Buffer[] {
  const text = texts.join(END);
  if (text.length * 2 > scratch.length) scratch = Buffer.allocUnsafeSlow(text.length * 2);
  const written = scratch.subarray(0, scratch.write(text, 'utf16le'));
  const whole = written.length === 0 ? Buffer.alloc(0) : (transcode(written, 'utf16le', 'utf8') as Buffer);
  let from = 0;
  return texts.map(() => {
    const end = whole.indexOf(END_BYTE, from);
    const bytes = whole.subarray(from, end < 0 ? whole.length : end);
    from += bytes.length + 1;
    return bytes;
  });
}
