import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Keychain, KeyStore, readKeyFile } from './key-store.ts';

const none: Keychain = { available: () => false, wrap: () => Buffer.alloc(0), unwrap: () => '' };
/** Wraps by turning every bit: enough to see that what is on the disk is not the key. */
const flipping: Keychain = {
  available: () => true,
  wrap: (text) => Buffer.from(text, 'utf8').map((byte) => byte ^ 0xff) as Buffer,
  unwrap: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString('utf8'),
};
const PASSPHRASE = 'correct horse battery';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'levey-key-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the key store', () => {
  test('with a keychain: makes a key once, gives the same one again, and writes it wrapped and private', async () => {
    const first = await new KeyStore(folder, flipping).open();
    const again = await new KeyStore(folder, flipping).open();
    if (first.kind !== 'none') throw new Error('the keychain was not used');
    expect(again).toEqual(first);
    expect(first.key.length).toBe(32);
    const file = join(folder, 'key.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain(Buffer.from(first.key).toString('base64'));
  });

  test('with a passphrase: only the same one gives the key, in whatever way its accents are written', async () => {
    const store = new KeyStore(folder, none);
    expect(await store.open()).toEqual({ kind: 'passphrase', fresh: true });
    const key = await store.openWith('ein schön langes Wort');
    expect(await new KeyStore(folder, none).open()).toEqual({ kind: 'passphrase', fresh: false });
    expect(await new KeyStore(folder, none).openWith('ein scho\u0308n langes Wort')).toEqual(key);
    await expect(store.openWith('ein schon langes Wort')).rejects.toMatchObject({ code: 'key.passphrase' });
    expect(await readFile(join(folder, 'key.json'), 'utf8')).not.toContain(
      Buffer.from(key).toString('base64'),
    );
  });

  test('refuses a short new passphrase and writes nothing', async () => {
    const store = new KeyStore(folder, none);
    await expect(store.openWith('elf letters')).rejects.toMatchObject({ code: 'key.passphrase-short' });
    await expect(stat(join(folder, 'key.json'))).rejects.toThrow();
  });

  test('never makes a new key beside an existing database', async () => {
    await writeFile(join(folder, 'levey.db'), 'x');
    for (const keychain of [none, flipping]) {
      await expect(new KeyStore(folder, keychain).open()).rejects.toMatchObject({ code: 'key.missing' });
      await expect(new KeyStore(folder, keychain).openWith(PASSPHRASE)).rejects.toMatchObject({
        code: 'key.missing',
      });
    }
    await expect(stat(join(folder, 'key.json'))).rejects.toThrow();
  });

  test('tells a damaged file from a wrong passphrase, and from a keychain that refuses', async () => {
    await new KeyStore(folder, flipping).open();
    const refusing: Keychain = {
      ...flipping,
      unwrap: () => {
        throw new Error('locked');
      },
    };
    await expect(new KeyStore(folder, refusing).open()).rejects.toMatchObject({ code: 'key.keychain' });
    await writeFile(join(folder, 'key.json'), '{"version":1,"kind":"keychain"');
    await expect(new KeyStore(folder, flipping).open()).rejects.toMatchObject({ code: 'key.damaged' });
    await writeFile(join(folder, 'key.json'), '{"version":2,"kind":"keychain","wrapped":""}');
    await expect(new KeyStore(folder, flipping).open()).rejects.toMatchObject({ code: 'key.damaged' });
  });
});

describe('a key file', () => {
  test('holds 32 bytes or 64 hexadecimal digits, and belongs to its owner alone', async () => {
    const key = new Uint8Array(randomBytes(32));
    const file = join(folder, 'key');
    await writeFile(file, key, { mode: 0o600 });
    expect(await readKeyFile(file)).toEqual(key);
    await writeFile(file, `${Buffer.from(key).toString('hex')}\n`);
    expect(await readKeyFile(file)).toEqual(key);
    await chmod(file, 0o640);
    await expect(readKeyFile(file)).rejects.toMatchObject({ code: 'key.open-to-others' });
    await chmod(file, 0o600);
    for (const wrong of [Buffer.alloc(31), Buffer.alloc(33), 'g'.repeat(64), 'a'.repeat(63), '']) {
      await writeFile(file, wrong);
      await expect(readKeyFile(file)).rejects.toMatchObject({ code: 'key.unreadable' });
    }
    await expect(readKeyFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'key.unreadable' });
  });
});
