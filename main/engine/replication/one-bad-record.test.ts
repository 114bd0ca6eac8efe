import { expect, it } from 'vitest';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import { createFhirServer } from '../../../test/sim/fhir/server.ts';
import { patientDoc, putCase } from './testing.ts';

/** A long queue with one record that the server cannot digest: the others do not wait for it. */

const RECORDS = 400;
/** Longer than it takes, also on a busy machine. */
const PATIENCE_MS = 60_000;
const POISON = 'POISON';

it.each([
  ['breaks it (500) with everything that is sent together with it', 500],
  ['is never answered (the connection breaks)', 0],
])(
  'one record that %s keeps no other from going, and goes when the server can',
  { timeout: 2 * PATIENCE_MS },
  async (_, status) => {
    const server = await createFhirServer({ seed: 5 });
    const of = await startedBehind(server);
    let requests = 0;
    let poisoned = 0;
    let broken = true;
    of.between.instead = ({ method, body }) => {
      if (method !== 'GET') requests += 1;
      if (!broken || !body.includes(POISON)) return undefined;
      poisoned += 1;
      return { status, headers: { 'content-type': 'text/plain' }, text: 'Internal error' };
    };
    for (let n = 0; n < RECORDS; n += 1)
      of.store.change('patients', patientDoc(n, n === 10 ? { familyName: POISON } : {}));
    putCase(of.store, RECORDS);
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 1, PATIENCE_MS);
    expect(server.stats().resources).toMatchObject({ Patient: RECORDS, DiagnosticReport: 1, Provenance: 1 });
    expect(server.stats().duplicates).toEqual([]);
    expect(of.store.all('patients').filter(({ syncState }) => syncState === 'queued')).toMatchObject([
      { familyName: POISON },
    ]);
    expect(poisoned).toBeLessThan(30);
    expect(requests).toBeLessThan(120);
    // After several tries the record itself says that it does not go by itself, and what can be done.
    const whyOf = () =>
      of.store.all('patients').find(({ familyName }) => familyName === POISON)?.sync.why ?? '';
    const seen = poisoned;
    await of.until(() => {
      of.replication.now();
      return whyOf() !== '' || poisoned > seen + 20;
    }, PATIENCE_MS);
    expect(whyOf()).toMatch(/^Tried several times in vain: .*\. .* Correct the record, or let /);
    broken = false;
    of.replication.now();
    await of.until(async () => (await of.store.countQueued()) === 0, PATIENCE_MS);
    expect(server.stats()).toMatchObject({ duplicates: [], resources: { Patient: RECORDS + 1 } });
    expect(whyOf()).toBe('');
  },
);
