import type { RxDatabase } from 'rxdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../../../../shared/protocols/astm/link-fixture.ts';
import { CommandQueue } from '../uow.ts';
import type { LeveyDatabase } from './database.ts';
import {
  newDirectory,
  openRx,
  openTest,
  type TestCollections,
  type Thing,
  testContext,
  thing,
} from './testing.ts';

const SEED = 20261122;

/** The plain way to the same answer: every document, looked at one by one. */
function matching(all: Iterable<Thing>, name: string): Thing[] {
  return [...all]
    .filter((one) => one.name === name)
    .sort((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1));
}

describe('queries for certain texts', () => {
  const place = newDirectory();
  const random = seeded(SEED);
  const names = ['a', 'a ', 'ab', 'b', '', 'é', '\uffff', 'x'.repeat(30)];
  const stored = new Map<string, Thing>();
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;
  let queue: CommandQueue<{ results: Thing }>;
  const pick = () => names[Math.floor(random() * names.length)] as string;

  beforeAll(async () => {
    database = openTest(place.directory);
    rx = await openRx(database);
    queue = new CommandQueue(database);
    for (let i = 0; i < 200; i++) stored.set(`r${i}`, thing(`r${i}`, pick(), Math.floor(random() * 5)));
    await queue.write(testContext, (uow) => {
      for (const one of stored.values()) uow.put('results', one);
    });
  });
  afterAll(async () => {
    await rx.close();
    database.close();
    place.remove();
  });

  it(`find what a look at every document finds, with the unit's own writes and removals (seed ${SEED})`, async () => {
    for (let round = 0; round < 20; round++) {
      await queue.write(testContext, (uow) => {
        for (let step = 0; step < 10; step++) {
          const id = `r${Math.floor(random() * 230)}`;
          if (random() < 0.3) {
            uow.remove('results', id);
            stored.delete(id);
          } else {
            const one = thing(id, pick(), Math.floor(random() * 5));
            uow.put('results', one);
            stored.set(id, one);
          }
          const name = pick();
          const expected = matching(stored.values(), name);
          expect(uow.find('results', { selector: { name: { $eq: name } } })).toEqual(expected);
          expect(uow.find('results', { selector: { name: { $eq: name } }, skip: 1, limit: 2 })).toEqual(
            expected.slice(1, 3),
          );
        }
      });
      // RxDB itself does not tell blanks at the end, and U+FFFF is its upper bound.
      const name = ['ab', 'b', 'é'][Math.floor(random() * 3)] as string;
      const through = await rx.results.find({ selector: { name }, sort: [{ name: 'asc' }] }).exec();
      expect(through.map((one) => one.toJSON())).toEqual(matching(stored.values(), name));
    }
  });

  it('go backwards through the index, over what is stored and what is not yet', async () => {
    await queue.write(testContext, (uow) => {
      uow.put('results', thing('new1', 'b', 3));
      uow.put('results', thing('new2', 'b', 0));
      const ids = [...uow.backwards('results', { selector: { name: { $eq: 'b' } } })].map((one) => one.id);
      const all = [...matching(stored.values(), 'b'), thing('new1', 'b', 3), thing('new2', 'b', 0)];
      expect(ids).toEqual(
        all
          .map((one) => one.id)
          .sort()
          .reverse(),
      );
    });
  });
});
