import { type RawDatabase, RawDatabaseClass } from './raw.ts';

/**
 * How a database file is encrypted; each page carries its own nonce and authentication tag. `aegis`: AEGIS-256, which costs next to nothing on a
 * processor with AES instructions. `sqlcipher`: the SQLCipher 4 format (AES-256-CBC with HMAC-SHA-512) of databases made before; its
 * HMAC takes about 10 µs for each page, both into the log and into the file.
 */
export type Cipher = 'aegis' | 'sqlcipher';

/** What new databases get. */
export const NEW_CIPHER: Cipher = 'aegis';

/** The pragmas that unlock a connection, in order. @param key raw, 32 bytes; no key derivation is applied to it */
export function cipherPragmas(cipher: Cipher, key: Uint8Array): string[] {
  return [
    `cipher = '${cipher}'`,
    cipher === 'sqlcipher' ? 'legacy = 4' : "algorithm = 'aegis-256'",
    `key = "x'${Buffer.from(key).toString('hex')}'"`,
  ];
}

/**
 * How a file that is there is encrypted, found by trying: only needed when the key check beside it, which says so, is lost. It is looked at through a
 * connection that cannot write. With a wrong key none fits, and the answer is the usual one.
 */
export function cipherOf(path: string, key: Uint8Array): Cipher {
  for (const cipher of ['aegis', 'sqlcipher'] as const) if (opens(path, cipher, key)) return cipher;
  return NEW_CIPHER;
}

function opens(path: string, cipher: Cipher, key: Uint8Array): boolean {
  let raw: RawDatabase | undefined;
  try {
    raw = new RawDatabaseClass(path, { timeout: 5000, readonly: true });
    for (const pragma of cipherPragmas(cipher, key)) raw.pragma(pragma);
    raw.prepare('SELECT count(*) FROM sqlite_schema').get();
    return true;
  } catch {
    return false;
  } finally {
    raw?.close();
  }
}
