import { expect, it } from 'vitest';
import { utf8Of } from './texts.ts';

it('gives every text as it was, whatever is in it and however many there are', () => {
  const texts = Array.from({ length: 900 }, (_, n) =>
    JSON.stringify(`${n} µmol/l – ${'°'.repeat(n)}🧪\n\ud83e`),
  );
  texts.push(JSON.stringify('x'.repeat(2_000_000)), '', '{}');
  expect(utf8Of(texts).map((bytes) => bytes.toString('utf8'))).toEqual(texts);
  expect(utf8Of(['"Ω"']).map((bytes) => bytes.toString('utf8'))).toEqual(['"Ω"']);
  expect(utf8Of([''])).toHaveLength(1);
  expect(utf8Of([])).toEqual([]);
});
