import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { newBase } from '../../shared/documents/common.ts';
import type { PatientDoc } from '../../shared/documents/index.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import {
  ACK,
  type BadBench,
  handMessage,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';
import { seed } from './engine-client.ts';
import { freePort } from './free-port.ts';

/** Things around the bench that are missing, taken or unwilling: the rest works, the strip says what and what to do. */

let bench: BadBench | undefined;
let server: FhirServer | undefined;

afterEach(async () => {
  await bench?.stop();
  await server?.stop();
  bench = undefined;
  server = undefined;
});

test('an instrument port in use is a problem of that line alone, and mends itself when the port is free', async () => {
  const taken = await freePort();
  const other = createServer().listen(taken, '127.0.0.1');
  await once(other, 'listening');
  const free = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port: free } },
      { id: 'COAG1', profile: 'demo-coagulation', transport: { kind: 'tcpServer', port: taken } },
    ],
  });
  const [strip] = await bench.tech.rows('strip', {}, ([row]) => (row?.problems.length ?? 0) > 0);
  expect(strip!.problems).toEqual([
    {
      id: 'line:T1.COAG1',
      code: 'instrument.portInUse',
      what: expect.stringContaining(String(taken)),
      safe: expect.stringMatching(/\w/),
      todo: expect.stringMatching(/\w/),
    },
  ]);
  expect(strip!.lines.map((line) => [line.name, line.state])).toEqual([
    ['CHEM1', 'noAnswer'],
    ['COAG1', 'failed'],
  ]);
  expect(bench.log.some((line) => line.includes('instrument.portInUse'))).toBe(true);
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const instrument = await RawInstrument.connect(free);
  expect(await instrument.send(handMessage(tube, [{ code: 'Na', text: '140' }]))).not.toContain(0x15);
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 1);
  instrument.end();

  other.close();
  await once(other, 'close');
  await bench.tech.rows('strip', {}, ([row]) => row?.problems.length === 0, 40_000);
  const second = await RawInstrument.connect(taken);
  expect(await second.ask(0x05)).toBe(ACK);
  second.end();
}, 60_000);

test('a missing serial device is a problem of that line alone, named by its path', async () => {
  bench = await startBadBench({
    instruments: [
      {
        id: 'HEM1',
        profile: 'demo-haematology',
        transport: { kind: 'serial', path: '/dev/ttyNoSuchDevice7' },
      },
    ],
  });
  const [strip] = await bench.tech.rows('strip', {}, ([row]) => (row?.problems.length ?? 0) > 0);
  expect(strip!.problems).toMatchObject([
    {
      id: 'line:T1.HEM1',
      code: 'instrument.noDevice',
      what: expect.stringContaining('/dev/ttyNoSuchDevice7'),
    },
  ]);
  const [line] = await bench.tech.rows('instruments.lines', {});
  expect(line).toMatchObject({ state: 'failed', problem: { code: 'instrument.noDevice' } });
  expect(bench.log.some((row) => row.includes('instrument.noDevice'))).toBe(true);
});

const at = '2026-07-29T06:42:05.118Z';

/** A patient with an element no FHIR server knows: its write is refused. */
const odd: PatientDoc = {
  ...newBase('patient-odd', at, 'queued'),
  identifier: '99001',
  identifierSystem: '',
  familyName: 'Quill',
  givenName: 'Ada',
  transliteration: '',
  sex: 'female',
  birthDate: '1970-01-01',
  ward: '',
  mergedInto: '',
  nameKey: 'quill ada',
  extra: { Patient: { resourceType: 'Patient', colour: 'straw' } },
};

test("what the server refuses says why in the server's words and can be sent again; the others go", async () => {
  server = await createFhirServer({ switches: { validation: 'strict', validate: false } });
  bench = await startBadBench({ server: { url: server.url, pullSeconds: 1 } });
  await seed(bench.engine, { patients: [odd] });
  await receivedTube(bench.tech, ['LYTES']);
  await bench.tech.command('sync.now', {});
  const [strip] = await bench.tech.rows(
    'strip',
    {},
    ([row]) => row?.server.refused === 1 && row.server.queued === 0,
    30_000,
  );
  expect(strip!.badges.sync).toBe(1);
  const [refused] = await bench.tech.rows('sync.records', { filter: 'needsPerson' });
  expect(refused).toMatchObject({
    collection: 'patients',
    docId: 'patient-odd',
    state: 'refused',
    why: expect.stringMatching(/colour/),
  });
  expect(server.control.all('Patient')).toHaveLength(1);
  expect(server.control.all('Specimen')).toHaveLength(1);

  // Nothing is mended yet: it is refused again, with the same words. Then the server is, and it goes.
  await bench.tech.command('sync.retry', { collection: 'patients', docId: 'patient-odd' });
  await bench.tech.rows('strip', {}, ([row]) => row?.server.refused === 1 && row.server.queued === 0, 30_000);
  await server.control.set({ validation: 'off' });
  await bench.tech.command('sync.retry', { collection: 'patients', docId: 'patient-odd' });
  await bench.tech.rows('strip', {}, ([row]) => row?.server.refused === 0 && row.server.queued === 0, 30_000);
  expect(server.control.all('Patient')).toHaveLength(2);
  expect(server.stats().duplicates).toEqual([]);
  expect(bench.log.join('\n')).not.toMatch(/Quill|99001|Nguyễn|Hương/);
}, 90_000);
