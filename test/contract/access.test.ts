import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';

const SECRET = 'correct horse battery';
let at: TestStation;
let engine: Engine;
let now: Date;

const clock = { now: () => now };
const minutes = (n: number) => {
  now = new Date(now.getTime() + n * 60_000);
};

async function setUp(): Promise<EngineClient> {
  const admin = new EngineClient(engine, 'admin');
  await admin.command('access.setUp', {
    laboratory: 'St Brigid’s',
    address: 'Kildare',
    name: 'Dr Eoin Doyle',
    username: 'Doyle',
    secret: SECRET,
    pin: '2580',
  });
  return admin;
}

beforeEach(async () => {
  now = new Date('2026-07-29T04:00:00.000Z');
  at = testStation({ code: 'T1', name: 'Bench 1', idleMinutes: 10 });
  engine = await startTestEngine(at, { clock });
});

afterEach(() => engine.stop());

test('first run creates the administrator once, and nothing works before it', async () => {
  const window = new EngineClient(engine, 'w');
  expect((await window.rows('session', {}))[0]).toMatchObject({
    state: 'firstRun',
    person: null,
    demo: false,
  });
  expect(await window.refusal('access.signIn', { username: 'admin', secret: 'admin' })).toMatchObject({
    code: 'access.denied',
  });
  expect(await window.refusal('sync.now', {})).toMatchObject({ code: 'access.signInFirst' });
  const admin = await setUp();
  expect((await admin.rows('session', {}))[0]).toMatchObject({
    state: 'in',
    person: { initials: 'ED' },
    laboratory: 'St Brigid’s',
  });
  expect(
    await window.refusal('access.setUp', {
      laboratory: 'x',
      address: '',
      name: 'Eve',
      username: 'eve',
      secret: SECRET,
      pin: '1111',
    }),
  ).toMatchObject({ code: 'access.notFirstRun' });
});

test('short secrets and letters in a PIN are refused before anything is written', async () => {
  const admin = await setUp();
  const person = { name: 'Maja Lindqvist', username: 'maja', roles: ['technician' as const] };
  expect(await admin.refusal('access.addPerson', { ...person, secret: 'short', pin: '1234' })).toMatchObject({
    code: 'contract.arguments',
  });
  expect(await admin.refusal('access.addPerson', { ...person, secret: SECRET, pin: '12a4' })).toMatchObject({
    code: 'contract.arguments',
  });
  expect(await admin.rows('access.people', {})).toHaveLength(1);
});

test('roles are checked in the engine and refusals are audited', async () => {
  const admin = await setUp();
  await admin.command('access.addPerson', {
    name: 'Maja Lindqvist',
    username: 'maja',
    roles: ['technician'],
    secret: SECRET,
    pin: '4711',
  });
  const tech = new EngineClient(engine, 'tech');
  await tech.command('access.signIn', { username: 'MAJA', secret: SECRET });
  expect(
    await tech.refusal('access.addPerson', {
      name: 'Eve',
      username: 'eve',
      roles: ['admin'],
      secret: SECRET,
      pin: '1111',
    }),
  ).toMatchObject({
    code: 'access.notAllowed',
    todo: expect.stringContaining('F12'),
  });
  expect(
    await tech.refusal('report.sign', { reportId: 'x', pin: '4711', meaning: 'm', contentHash: '' }),
  ).toMatchObject({ code: 'access.notAllowed' });
  const entries = engine.bench.store.auditTail(50);
  expect(entries.filter((e) => e.op === 'note' && e.docId === 'refused').map((e) => e.command)).toEqual([
    'access.addPerson',
    'report.sign',
  ]);
});

test('five wrong PINs pause that person for five minutes, with the right one too', async () => {
  await setUp();
  const window = new EngineClient(engine, 'w');
  for (let i = 0; i < 5; i++) {
    expect(await window.refusal('access.signIn', { username: 'doyle', pin: '0000' })).toMatchObject({
      code: 'access.denied',
    });
  }
  expect(await window.refusal('access.signIn', { username: 'doyle', pin: '2580' })).toMatchObject({
    code: 'access.lockedOut',
  });
  minutes(6);
  await window.command('access.signIn', { username: 'doyle', pin: '2580' });
  expect((await window.rows('session', {}))[0]?.state).toBe('in');
});

test('a window nobody touches locks, keeps its person, and shows no data until the PIN', async () => {
  const admin = await setUp();
  minutes(9);
  engine.clients.lockIdle();
  expect((await admin.rows('session', {}))[0]?.state).toBe('in');
  minutes(11);
  engine.clients.lockIdle();
  expect((await admin.rows('session', {}))[0]).toMatchObject({
    state: 'locked',
    person: { name: 'Dr Eoin Doyle' },
  });
  await expect(admin.rows('results.list', { filter: 'all' })).rejects.toMatchObject({
    code: 'access.locked',
  });
  expect(await admin.refusal('sync.now', {})).toMatchObject({ code: 'access.locked' });
  await admin.command('access.signIn', { username: 'doyle', pin: '2580' });
  expect(await admin.rows('results.list', { filter: 'all' })).toEqual([]);
});

test('quick switch: another person signs in at the same window, and everything is theirs', async () => {
  const admin = await setUp();
  await admin.command('access.addPerson', {
    name: 'Maja Lindqvist',
    username: 'maja',
    roles: ['technician'],
    secret: SECRET,
    pin: '4711',
  });
  await admin.command('access.lock', {});
  await admin.command('access.signIn', { username: 'maja', pin: '4711' });
  expect((await admin.rows('session', {}))[0]).toMatchObject({
    state: 'in',
    person: { name: 'Maja Lindqvist', roles: ['technician'] },
  });
  await expect(admin.rows('access.people', {})).rejects.toMatchObject({ code: 'access.notAllowed' });
});

test('the last administrator stays; a person made inactive is out at once', async () => {
  const admin = await setUp();
  const [me] = await admin.rows('access.people', {});
  expect(await admin.refusal('access.changePerson', { personId: me!.id, active: false })).toMatchObject({
    code: 'access.lastAdmin',
  });
  const { personId } = await admin.command('access.addPerson', {
    name: 'Maja',
    username: 'maja',
    roles: ['technician'],
    secret: SECRET,
    pin: '4711',
  });
  const tech = new EngineClient(engine, 'tech');
  await tech.command('access.signIn', { username: 'maja', pin: '4711' });
  await admin.command('access.changePerson', { personId, active: false });
  expect(
    await tech.refusal('patient.register', {
      identifier: '1',
      familyName: 'A',
      givenName: 'B',
      sex: 'male',
      birthDate: '',
    }),
  ).toMatchObject({
    code: 'access.signInFirst',
  });
});

test('secrets never reach a window, not even as hashes in the audit view', async () => {
  const admin = await setUp();
  const [me] = await admin.rows('access.people', {});
  await admin.command('access.changePerson', { personId: me!.id, pin: '9999' });
  const shown = JSON.stringify([
    await admin.rows('access.people', {}),
    await admin.rows('access.lockPeople', {}),
    await admin.rows('audit.list', {}),
  ]);
  expect(shown).not.toContain('argon2id');
  expect(shown).toContain('pinHash');
});
