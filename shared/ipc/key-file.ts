import { LeveyError } from '../errors.ts';
import { DATABASE_KEY_BYTES } from './envelope.ts';

/**
 * Reads the database key out of a key file's content: exactly 32 bytes, or 64 hexadecimal digits with white space around them.
 * @throws LeveyError `key.unreadable`
 */
export function parseKeyFile(content: Uint8Array): Uint8Array {
  if (content.length === DATABASE_KEY_BYTES) return content.slice();
  let text = '';
  for (const byte of content.subarray(0, 200)) text += String.fromCharCode(byte);
  text = text.trim();
  if (content.length <= 200 && /^[0-9a-fA-F]{64}$/.test(text)) {
    return Uint8Array.from({ length: DATABASE_KEY_BYTES }, (_, index) =>
      Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
    );
  }
  throw new LeveyError({
    code: 'key.unreadable',
    what: 'The key file does not hold a database key.',
    safe: 'The database was not opened and not changed.',
    todo: 'Give the file that holds the 32 bytes of the key, or its 64 hexadecimal digits.',
  });
}
