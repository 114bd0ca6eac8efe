/**
 * Where the database key rests while nobody uses it: wrapped by the operating system's keychain, or by a passphrase where there
 * is none. The file `key.json` in the data directory holds the wrapped key only.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LeveyError } from '../../shared/errors.ts';
import { DATABASE_KEY_BYTES } from '../../shared/ipc/envelope.ts';
import { parseKeyFile } from '../../shared/ipc/key-file.ts';

/** The operating system's keychain, as far as we need it. */
export interface Keychain {
  /** False where it would only pretend to encrypt. */
  available(): boolean;
  wrap(text: string): Buffer;
  unwrap(bytes: Buffer): string;
}

const KeyFile = z.union([
  z.strictObject({ version: z.literal(1), kind: z.literal('keychain'), wrapped: z.base64() }),
  z.strictObject({
    version: z.literal(1),
    kind: z.literal('passphrase'),
    scrypt: z.strictObject({
      logN: z.int().min(15).max(20),
      r: z.literal(8),
      p: z.int().min(1).max(4),
      salt: z.base64(),
    }),
    nonce: z.base64(),
    wrapped: z.base64(),
    tag: z.base64(),
  }),
]);
type KeyFile = z.infer<typeof KeyFile>;

/** 2^17 * 8 * 128 bytes = 128 MiB and about half a second per guess. */
const SCRYPT_LOG_N = 17;
export const SHORTEST_PASSPHRASE = 12;
const NAME = 'key.json';
const SAFE = 'The database was not opened and not changed.';

/** What must happen before there is a key. */
export type KeyNeed = { kind: 'none'; key: Uint8Array } | { kind: 'passphrase'; fresh: boolean };

export class KeyStore {
  readonly #dataDir: string;
  readonly #keychain: Keychain;

  constructor(dataDir: string, keychain: Keychain) {
    this.#dataDir = dataDir;
    this.#keychain = keychain;
  }

  /**
   * Gives the key when the keychain has it, makes a new one for a new data directory, or says that a passphrase is needed.
   * @throws LeveyError `key.missing` (a database without its key file), `key.damaged`, `key.keychain` (the keychain refuses it)
   */
  async open(): Promise<KeyNeed> {
    const file = await this.#read();
    if (file === null) {
      if (await this.#databaseExists()) throw keyMissing();
      if (!this.#keychain.available()) return { kind: 'passphrase', fresh: true };
      const key = new Uint8Array(randomBytes(DATABASE_KEY_BYTES));
      const wrapped = this.#keychain.wrap(Buffer.from(key).toString('base64')).toString('base64');
      await this.#write({ version: 1, kind: 'keychain', wrapped });
      return { kind: 'none', key };
    }
    if (file.kind === 'passphrase') return { kind: 'passphrase', fresh: false };
    try {
      const text = this.#keychain.unwrap(Buffer.from(file.wrapped, 'base64'));
      return { kind: 'none', key: checked(Buffer.from(text, 'base64')) };
    } catch (cause) {
      throw new LeveyError({
        code: 'key.keychain',
        what: "The operating system's keychain does not give the database key.",
        safe: SAFE,
        todo: 'Unlock the keychain of the user who set up this station, or restore the station from its backup.',
        cause,
      });
    }
  }

  /**
   * Unwraps the key with a passphrase; for a new data directory makes a key and wraps it.
   * @throws LeveyError `key.passphrase` (wrong), `key.passphrase-short`, `key.missing`, `key.damaged`
   */
  async openWith(passphrase: string): Promise<Uint8Array> {
    const file = await this.#read();
    if (file === null) {
      if (await this.#databaseExists()) throw keyMissing();
      return this.#create(passphrase);
    }
    if (file.kind !== 'passphrase') throw damaged();
    const key = await derive(passphrase, file.scrypt);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.nonce, 'base64'), {
        authTagLength: 16,
      });
      decipher.setAuthTag(Buffer.from(file.tag, 'base64'));
      return checked(Buffer.concat([decipher.update(Buffer.from(file.wrapped, 'base64')), decipher.final()]));
    } catch {
      throw new LeveyError({
        code: 'key.passphrase',
        what: 'This passphrase does not open the database.',
        safe: SAFE,
        todo: "Type the station's passphrase again. Upper and lower case matter.",
      });
    }
  }

  async #create(passphrase: string): Promise<Uint8Array> {
    if ([...passphrase].length < SHORTEST_PASSPHRASE) {
      throw new LeveyError({
        code: 'key.passphrase-short',
        what: `A passphrase needs at least ${SHORTEST_PASSPHRASE} characters.`,
        safe: 'Nothing was written yet.',
        todo: 'Choose a longer one: four or five words are good. Keep a copy in a sealed envelope.',
      });
    }
    const database = new Uint8Array(randomBytes(DATABASE_KEY_BYTES));
    const parameters = { logN: SCRYPT_LOG_N, r: 8 as const, p: 1, salt: randomBytes(16).toString('base64') };
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, parameters), nonce, {
      authTagLength: 16,
    });
    const wrapped = Buffer.concat([cipher.update(database), cipher.final()]);
    await this.#write({
      version: 1,
      kind: 'passphrase',
      scrypt: parameters,
      nonce: nonce.toString('base64'),
      wrapped: wrapped.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    });
    return database;
  }

  async #read(): Promise<KeyFile | null> {
    const path = join(this.#dataDir, NAME);
    if (!existsSync(path)) return null;
    try {
      return KeyFile.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      throw damaged();
    }
  }

  /** Writes the file whole or not at all: losing it means losing the database. */
  async #write(file: KeyFile): Promise<void> {
    const path = join(this.#dataDir, NAME);
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
  }

  async #databaseExists(): Promise<boolean> {
    return (await readdir(this.#dataDir)).some((name) => /\.(db|sqlite|sqlite3)$/.test(name));
  }
}

/**
 * Reads the key from a file that the command line names.
 * @throws LeveyError `key.unreadable`, or `key.open-to-others` when anybody but the owner may read the file
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  let content: Uint8Array;
  try {
    const handle = await open(path, 'r');
    try {
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new LeveyError({
          code: 'key.open-to-others',
          what: `The key file may be read by others (mode ${(mode & 0o777).toString(8)}).`,
          safe: SAFE,
          todo: 'Give it to its owner alone: chmod 600, and make a new key if somebody else could have read it.',
        });
      }
      content = new Uint8Array(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof LeveyError) throw cause;
    throw new LeveyError({
      code: 'key.unreadable',
      what: 'The key file cannot be read.',
      safe: SAFE,
      todo: 'Check the path given with --key-file, and who may read it.',
      cause,
    });
  }
  return parseKeyFile(content);
}

function derive(
  passphrase: string,
  parameters: { logN: number; r: number; p: number; salt: string },
): Promise<Buffer> {
  const N = 2 ** parameters.logN;
  const options = { N, r: parameters.r, p: parameters.p, maxmem: 256 * N * parameters.r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), Buffer.from(parameters.salt, 'base64'), 32, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function checked(key: Buffer): Uint8Array {
  if (key.length !== DATABASE_KEY_BYTES) throw damaged();
  return new Uint8Array(key);
}

function damaged(): LeveyError {
  return new LeveyError({
    code: 'key.damaged',
    what: `The file ${NAME}, which holds the wrapped database key, is damaged.`,
    safe: SAFE,
    todo: `Put ${NAME} back from the station's backup. Without it the database cannot be read by anybody.`,
  });
}

function keyMissing(): LeveyError {
  return new LeveyError({
    code: 'key.missing',
    what: `There is a database here, but the file ${NAME} with its wrapped key is gone.`,
    safe: SAFE,
    todo: `Put ${NAME} back from the station's backup. No new key is made: it could not open this database.`,
  });
}
