import { expect, it } from 'vitest';
import { Slab } from './slab.ts';

it('keeps every text as it was written, also over the end of a piece', () => {
  const slab = new Slab();
  const texts = Array.from({ length: 900 }, (_, n) => `${n} µmol/l – ${'°'.repeat(n)}🧪`);
  texts.push('x'.repeat(2_000_000), '', 'after');
  const written = texts.map((text) => slab.write(text));
  expect(written.map((bytes) => bytes.toString('utf8'))).toEqual(texts);
});
