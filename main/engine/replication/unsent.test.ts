import { expect, test } from 'vitest';
import { newSync } from '../../../shared/documents/common.ts';
import type { PatientDoc, ResultDoc } from '../../../shared/documents/index.ts';
import type { Bench } from '../bench.ts';
import { MemoryStore } from './memory-store.ts';
import { patientDoc, reportDoc, resultDoc } from './testing.ts';
import { unsentGroups } from './unsent.ts';

/** A bench whose line is open, with one signed report of one result of a patient. */
async function benchWith(result: Partial<ResultDoc>, patient: Partial<PatientDoc>): Promise<Bench> {
  const store = new MemoryStore();
  const cause = { command: 'sync', actor: 'server' };
  await store.write(cause, async (unit) => {
    unit.put('results', resultDoc(1, 0, result));
    unit.put('patients', patientDoc(1, patient));
  });
  store.change('reports', reportDoc(1));
  const find = async (
    kind: 'results' | 'reports',
    { selector }: { selector: Record<string, { $eq: string }> },
  ) => store.all(kind).filter((doc) => doc.syncState === selector.syncState?.$eq);
  const get = async (kind: 'results' | 'patients', id: string) =>
    store.all(kind).find((doc) => doc.id === id);
  return {
    store: { find, get },
    station: { timeZone: 'UTC', server: { url: 'https://fhir.example' } },
    server: { summary: () => ({ state: 'online' }) },
  } as unknown as Bench;
}

async function whyOfReport(
  result: Partial<ResultDoc>,
  patient: Partial<PatientDoc> = {},
): Promise<string | undefined> {
  const groups = await unsentGroups(await benchWith(result, patient));
  return groups.find((one) => one.title === 'Signed reports')?.records[0]?.why;
}

test('the statement says of a signed report that it waits for a result of it or its patient that is to be decided, was refused or is tried in vain, and else that it goes by itself', async () => {
  expect(await whyOfReport({ syncState: 'conflict' })).toBe('Glucose 5.40 of it is to be decided first');
  expect(await whyOfReport({ syncState: 'conflict', serverId: 's-1' })).toBe('its turn comes by itself');
  expect(await whyOfReport({ syncState: 'refused' })).toBe('Glucose 5.40 of it was refused');
  expect(await whyOfReport({})).toBe('its turn comes by itself');
  const inVain = { sync: { ...newSync('2026-07-29T06:00:00.000Z'), why: 'Tried several times in vain' } };
  expect(await whyOfReport(inVain)).toBe('Glucose 5.40 of it is tried in vain');
  expect(await whyOfReport({}, inVain)).toBe('its patient is tried in vain');
  expect(await whyOfReport({}, { syncState: 'refused' })).toBe('its patient was refused');
});
