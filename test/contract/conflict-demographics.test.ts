import type { Patient } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** Demographics changed on both sides while the cable was out (design: field by field, the server wins unless it was changed here too). */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

const patient = (at: Conflict) => at.store.all('patients')[0]!;

test('demographics changed on both sides in different fields are both kept, and nobody is asked', async () => {
  of = await conflict();
  const id = patient(of).serverId;
  await of.unplug();
  of.store.change('patients', { ...patient(of), ward: '7A' });
  of.put({ ...of.there<Patient>('Patient', id), birthDate: '1988-04-21' });
  await of.plug();
  expect(patient(of)).toMatchObject({ ward: '7A', birthDate: '1988-04-21', syncState: 'onServer' });
  expect(JSON.stringify(of.there('Patient', id))).toContain('7A');
  expect(of.there<Patient>('Patient', id).birthDate).toBe('1988-04-21');
  expect(of.store.all('tasks')).toEqual([]);
});

test('the same field changed on both sides: both versions are kept, one task asks a person, and the decision goes up', async () => {
  of = await conflict();
  const id = patient(of).serverId;
  await of.unplug();
  of.store.change('patients', { ...patient(of), birthDate: '1988-12-04', ward: '7A' });
  of.put({ ...of.there<Patient>('Patient', id), birthDate: '1988-04-21' });
  await of.plug();
  expect(patient(of)).toMatchObject({ birthDate: '1988-12-04', syncState: 'conflict' });
  expect(of.there<Patient>('Patient', id).birthDate).toBe('1988-04-21');
  const [task] = of.store.all('tasks');
  expect(of.store.all('tasks')).toHaveLength(1);
  expect(task).toMatchObject({ kind: 'conflict', reason: 'bothChanged', status: 'open' });
  expect(task!.payload).toMatchObject({
    here: { birthDate: '1988-12-04' },
    server: { birthDate: '1988-04-21' },
  });
  await of.round();
  expect(of.store.all('tasks'), 'the same conflict again opens no second task').toHaveLength(1);

  await of.replication.decide('patients', patient(of).id, ['ward'], DECIDER);
  await of.plug();
  expect(patient(of)).toMatchObject({ birthDate: '1988-04-21', ward: '7A', syncState: 'onServer' });
  expect(JSON.stringify(of.there('Patient', id))).toContain('7A');
  expect(of.store.all('tasks')[0]).toMatchObject({
    status: 'done',
    resolvedBy: 'ml',
    resolution: 'Kept here: ward',
  });
  expect(of.tasks().find((one) => one.code?.coding?.[0]?.code === 'conflict')?.status).toBe('completed');
});

test('a decision made on what is old by then becomes a conflict again: nothing is overwritten unseen', async () => {
  of = await conflict();
  const id = patient(of).serverId;
  await of.unplug();
  of.store.change('patients', { ...patient(of), birthDate: '1988-12-04' });
  of.put({ ...of.there<Patient>('Patient', id), birthDate: '1988-04-21' });
  await of.plug();
  await of.unplug();
  of.put({ ...of.there<Patient>('Patient', id), birthDate: '1990-01-01' });
  await of.replication.decide('patients', patient(of).id, ['birthDate'], DECIDER);
  await of.plug();
  expect(of.there<Patient>('Patient', id).birthDate).toBe('1990-01-01');
  expect(patient(of)).toMatchObject({ birthDate: '1988-12-04', syncState: 'conflict' });
});
