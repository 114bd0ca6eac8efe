import type { Patient } from 'fhir/r4';
import { expect, it } from 'vitest';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer } from '../../../test/sim/fhir/server.ts';

/** Changes page by page, where the server counts rows from the start. */

/** So many in one minute, and so many in the next. */
const ADMITTED = 6;

/** A patient as the hospital admits one. */
function admitted(n: number): Patient {
  return {
    resourceType: 'Patient',
    id: `p-${n}`,
    identifier: [{ system: 'urn:mrn', value: `M${n}` }],
    name: [{ use: 'official', family: `Doyle ${n}` }],
  };
}

it('passes over none of those written at one instant, more than a page of them, when the first changes while they are counted', async () => {
  // Long before what every look for news goes back to.
  const began = Date.now();
  let at: number | undefined = began - 60_000;
  const server = await createFhirServer({
    seed: 5,
    now: () => at ?? Date.now(),
    switches: { paging: 'offset', maxCount: 2, down: 'refuse' },
  });
  const admit = (from: number) =>
    server.control.load(
      Array.from({ length: ADMITTED }, (_, n) => admitted(from + n)) as unknown as Resource[],
    );
  admit(0);
  at = began - 30_000;
  admit(ADMITTED);
  at = undefined;
  const of = await startedBehind(server);
  let changed = 0;
  let asked = 0;
  let again = false;
  of.between.answer = (passing) => {
    if (!passing.path.includes('/Patient?_sort')) return passing;
    asked += 1;
    again ||= passing.text.includes('"p-1"');
    if (changed > 0 || asked < 2) return passing;
    changed += 1;
    // What stood first stands last now: the pages after this one move up.
    server.control.put({ ...admitted(0), birthDate: '1990-01-01' } as unknown as Resource);
    return passing;
  };
  await server.control.set({ down: 'no' });
  await of.until(() => of.store.all('patients').length === 2 * ADMITTED);
  expect(changed).toBe(1);
  // They are looked at once more, and then no more.
  const round = async () => {
    const before = of.replication.status().lastSyncAt;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > before);
  };
  await round();
  await round();
  again = false;
  await round();
  expect(again).toBe(false);
});
