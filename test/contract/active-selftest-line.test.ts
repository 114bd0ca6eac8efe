import { afterEach, expect, test } from 'vitest';
import { ptyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import { serial } from '../../main/engine/instruments/transports/serial.ts';
import { tcpServer } from '../../main/engine/instruments/transports/tcp-server.ts';
import { realTimers } from '../../main/engine/timers.ts';
import {
  client,
  device,
  endAll,
  ended,
  here,
  instrumentId,
  outcomes,
  run,
  SPECIMEN,
  said,
  step,
} from './active-selftest-fixture.ts';
import { startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';

/** The active self-test on a line's own link, and against peers at a socket and a pseudo-terminal. */

afterEach(endAll);

test('on the line’s own link nothing is lost: real results are posted, those of the test are held, and the line goes on', async () => {
  here.bench = await startBadBench();
  const sim = device('demo-chemistry', client(here.bench.port));
  await expect.poll(() => sim.state(), { timeout: 10_000 }).toBe('ready');
  const plan = await here.bench.lead.rows('selftest.plan', { instrumentId, simulator: false, quick: true });
  expect(plan[0]?.sees.join(' ')).toContain(SPECIMEN);
  expect(
    await here.bench.tech.refusal('selftest.begin', {
      instrumentId,
      target: { kind: 'line' },
      quick: true,
      confirmed: true,
    }),
  ).toMatchObject({ code: 'access.notAllowed' });
  await here.bench.lead.command('selftest.begin', {
    instrumentId,
    target: { kind: 'line' },
    quick: true,
    confirmed: true,
  });
  expect(
    await here.bench.lead.refusal('selftest.begin', {
      instrumentId,
      target: { kind: 'line' },
      quick: true,
      confirmed: true,
    }),
  ).toMatchObject({ code: 'selftest.running' });
  await run(({ state }) => state === 'listening');
  expect((await sim.run(SPECIMEN)).outcome).toBe('nothingToDo');
  expect((await sim.run('QC-L1', { tests: ['Na'] })).outcome).toBe('acknowledged');
  expect((await sim.run(SPECIMEN, { tests: ['Na'] })).outcome).toBe('acknowledged');
  const row = await ended();
  const { stop, silence, ...others } = outcomes(row);
  expect([stop, silence]).toEqual(['notApplicable', 'notApplicable']);
  expect(
    Object.entries(others).filter(([id, outcome]) => outcome !== 'pass' && id !== 'order' && id !== 'cancel'),
    said(row),
  ).toEqual([]);
  const held = await here.bench.tech.rows('exceptions.list', { status: 'open' }, (rows) =>
    rows.some((one) => one.reason === 'unknownSpecimen'),
  );
  expect(held.length).toBe(1);
  await expect.poll(() => sim.state(), { timeout: 15_000 }).toBe('ready');
  expect((await sim.run('NOBODY-2', { tests: ['Na'] })).outcome).toBe('acknowledged');
  await here.bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 2);
  const noted = here.bench.engine.bench.store.journal.read({ instrumentId, limit: 500 });
  expect(noted.filter((one) => one.note === 'selftest').length).toBeGreaterThan(5);
}, 60_000);

test('a peer at host:port and one at a serial port are reached; nobody there is told, and a run can be stopped', async () => {
  here.bench = await startBadBench();
  const port = await freePort();
  device('generic-astm', tcpServer({ host: '127.0.0.1', port, timers: realTimers }));
  const begin = (target: object) =>
    here.bench.lead.command('selftest.begin', {
      instrumentId,
      target: target as { kind: 'line' },
      profileId: 'generic-astm',
      quick: true,
      confirmed: true,
    });
  await begin({ kind: 'connect', host: '127.0.0.1', port });
  expect(step(await run((row) => row.state === 'listening'), 'repeat').outcome).toBe('pass');
  await here.bench.lead.command('selftest.stop', { instrumentId });
  expect(await ended()).toMatchObject({ state: 'stopped' });
  await here.analyser?.stop();

  here.cable = await ptyPair();
  device('generic-astm', serial({ path: here.cable.b, timers: realTimers }));
  await begin({ kind: 'serial', path: here.cable.a });
  expect(step(await run((row) => row.state === 'listening'), 'order').outcome).toBe('pass');
  await here.bench.lead.command('selftest.stop', { instrumentId });
  await here.analyser?.stop();
  here.analyser = undefined;

  await begin({ kind: 'connect', host: '127.0.0.1', port: await freePort() });
  await run((row) => row.state === 'connecting');
  await here.bench.lead.command('selftest.stop', { instrumentId });
  const row = await ended();
  expect(row.steps.every((one) => one.outcome === 'notApplicable')).toBe(true);
}, 90_000);
