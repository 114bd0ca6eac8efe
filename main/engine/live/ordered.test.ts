import { expect, test } from 'vitest';
import { seeded } from '../../../shared/protocols/astm/link-fixture.ts';
import { Ordered } from './ordered.ts';

test('gives what a sorted list gives, whatever is added and removed (seed 7)', () => {
  const random = seeded(7);
  const ordered = new Ordered();
  const model = new Map<string, string>();
  for (let step = 0; step < 4_000; step++) {
    const id = `r${Math.floor(random() * 300)}`;
    const at = String(1_000 + Math.floor(random() * 50));
    const known = model.get(id);
    if (known !== undefined) {
      ordered.remove(known, id);
      model.delete(id);
    }
    if (random() < 0.7) {
      ordered.add(at, id);
      ordered.add(at, id);
      model.set(id, at);
    }
    if (step % 50 !== 0) continue;
    const since = String(1_000 + Math.floor(random() * 50));
    const newest = [...model]
      .filter(([, one]) => one >= since)
      .sort(([a, x], [b, y]) => (x < y || (x === y && a < b) ? 1 : -1))
      .map(([one]) => one);
    expect(ordered.count(since)).toBe(newest.length);
    expect(ordered.newest(20, since)).toEqual(newest.slice(0, 20));
    expect(ordered.count()).toBe(model.size);
  }
});
