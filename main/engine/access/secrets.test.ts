import { expect, test } from 'vitest';
import { checkSecret, hashSecret } from './secrets.ts';

test('C4: a secret is stored as argon2id with its own salt and only the right one passes', async () => {
  const phc = await hashSecret('Käthe 4711 korrekt');
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hashSecret('Käthe 4711 korrekt')).not.toBe(phc);
  expect(await checkSecret('Käthe 4711 korrekt'.normalize('NFD'), phc)).toBe(true);
  expect(await checkSecret('Käthe 4711 Korrekt', phc)).toBe(false);
  expect(await checkSecret('x', '')).toBe(false);
});
