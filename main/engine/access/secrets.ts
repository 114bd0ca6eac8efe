import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** OWASP's recommended argon2id cost: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;

async function tag(
  secret: string,
  nonce: Buffer,
  c: { memory: number; passes: number; parallelism: number },
) {
  const message = Buffer.from(secret.normalize('NFC'), 'utf8');
  return Buffer.from(await derive('argon2id', { message, nonce, tagLength: 32, ...c }));
}

/** Hashes a password or PIN. @returns PHC text `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, both parts base64. */
export async function hashSecret(secret: string): Promise<string> {
  const nonce = randomBytes(16);
  const hash = await tag(secret, nonce, cost);
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${nonce.toString('base64')}$${hash.toString('base64')}`;
}

/** Compares a password or PIN with its PHC text, in constant time. False for an empty or unreadable text. */
export async function checkSecret(secret: string, phc: string): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(phc);
  if (parts === null) return false;
  const [, memory, passes, parallelism, salt, hash] = parts;
  const expected = Buffer.from(hash!, 'base64');
  const found = await tag(secret, Buffer.from(salt!, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  });
  return found.length === expected.length && timingSafeEqual(found, expected);
}
