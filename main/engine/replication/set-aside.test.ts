import { expect, it } from 'vitest';
import { NoAnswer } from './client.ts';
import { SetAside } from './set-aside.ts';

const broken = new NoAnswer('The server answered 500', { status: 500 });

it('a search that was left out of a round is missing in it, however long the round takes and whatever its time is over meanwhile', () => {
  let now = 0;
  const aside = new SetAside(() => now);
  for (let round = 0; round < 4; round += 1) {
    aside.begin();
    aside.failed('Observation', broken);
  }
  aside.reached();
  now += 600_000;
  expect(aside.isWhole).toBe(false);
  aside.begin();
  expect(aside.has('Observation')).toBe(false);
  aside.failed('Observation', broken);
  aside.begin();
  expect(aside.has('Observation')).toBe(true);
  now += 600_000;
  expect(aside.isWhole).toBe(false);
  aside.begin();
  aside.worked('Observation');
  expect(aside.isWhole).toBe(true);
});
