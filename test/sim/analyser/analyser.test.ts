import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { recoverMessages } from '../../../main/engine/instruments/link/recover.ts';
import { ptyPair } from '../../../main/engine/instruments/transports/pty-fixture.ts';
import { serial } from '../../../main/engine/instruments/transports/serial.ts';
import { tcpClient } from '../../../main/engine/instruments/transports/tcp-client.ts';
import { tcpServer } from '../../../main/engine/instruments/transports/tcp-server.ts';
import { realTimers, type Timers } from '../../../main/engine/timers.ts';
import { BUILTIN_PROFILES, builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { AstmProfile } from '../../../shared/profiles/profile.ts';
import { until } from '../../until.ts';
import { type Analyser, type AnalyserEvent, createAnalyser } from './analyser.ts';
import { testHost } from './host-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function profile(id: string): AstmProfile {
  const found = builtinProfile(id);
  if (found?.protocol !== 'astm') throw new Error(id);
  return found;
}

/** Real sockets, but the long waits of the standard are a twentieth as long: for tests in which answers get lost. */
const quick: Timers = { set: (ms, run) => realTimers.set(ms / 20, run) };

async function overTcp(
  which: AstmProfile,
  orders: Map<string, string[]>,
  options: Partial<Parameters<typeof createAnalyser>[0]> & { silent?: boolean } = {},
) {
  const timers = options.timers ?? realTimers;
  const server = tcpServer({ host: '127.0.0.1', port: 0, timers });
  const host = testHost(which, orders, { transport: server, timers, silent: options.silent ?? false });
  host.session.start();
  await until(() => expect(server.address()).not.toBeNull());
  const transport = tcpClient({ host: '127.0.0.1', port: server.address()?.port ?? 0, timers });
  const analyser = createAnalyser({ profile: which, transport, timers, ...options });
  const events: AnalyserEvent[] = [];
  analyser.on((event) => events.push(event));
  analyser.start();
  cleanups.push(
    () => host.session.stop(),
    () => analyser.stop(),
  );
  return { host, analyser, events };
}

describe('simulated analyser', () => {
  it.each(BUILTIN_PROFILES.filter((one) => one.protocol === 'astm').map((one) => one.id))(
    'R8 R9 %s asks for orders if it can, measures and reports over TCP',
    async (id) => {
      const which = profile(id);
      const asks = which.capabilities.query;
      // A panel is measured whole: what is ordered by the name of one of the first five tests comes with them.
      const named = new Set(
        which.tests.slice(0, asks ? 5 : undefined).map((test) => test.order ?? test.code),
      );
      const codes = which.tests.filter((test) => named.has(test.order ?? test.code)).map((test) => test.code);
      const { host, analyser, events } = await overTcp(which, new Map([['A1', codes]]));
      const outcome = await analyser.run('A1');
      expect(outcome).toMatchObject({ specimenId: 'A1', outcome: 'acknowledged' });
      await until(() => expect(host.results).toHaveLength(codes.length));
      expect(host.problems).toEqual([]);
      expect(
        host.results.map((one) => [one.specimenId, one.instrumentCode, one.value.text, one.sent.unit]),
      ).toEqual(outcome.results.map((one) => ['A1', one.code, one.text, one.unit]));
      for (const result of host.results) {
        expect(result).toMatchObject({ status: 'final', operator: 'tech', isQc: false });
        expect(result.completedAt.local).not.toBeNull();
        expect(result.instrumentSerial).not.toBe('');
      }
      expect(events.map((event) => event.type)).toEqual(
        expect.arrayContaining([...(asks ? ['asked', 'orders'] : []), 'acknowledged']),
      );
      expect(analyser.acknowledged).toEqual([outcome.messageId]);
    },
  );

  it('R9 does nothing when the host has no orders', async () => {
    const { host, analyser, events } = await overTcp(profile('demo-chemistry'), new Map());
    expect(await analyser.run('A9')).toMatchObject({ outcome: 'nothingToDo' });
    expect(events.some((event) => event.type === 'noOrders')).toBe(true);
    expect(host.results).toEqual([]);
  });

  it('measures without orders when the host does not answer', async () => {
    const { host, analyser, events } = await overTcp(profile('demo-coagulation'), new Map(), {
      silent: true,
      answerMs: 100,
    });
    expect(await analyser.run('A1')).toMatchObject({ outcome: 'acknowledged' });
    expect(events.some((event) => event.type === 'noAnswer')).toBe(true);
    await until(() => expect(host.results.map((one) => one.testCode)).toEqual(['PT', 'INR']));
  });

  it('sends controls that are recognised as QC', async () => {
    const { host, analyser } = await overTcp(profile('demo-chemistry'), new Map());
    await analyser.runQc({ lot: 'L77', tests: ['Na', 'K'] });
    await until(() => expect(host.results).toHaveLength(4));
    expect(
      host.results.map((one) => [one.isQc, one.specimenId, one.instrumentSpecimenId, one.testCode]),
    ).toEqual([
      [true, 'QC-L1', 'L77', 'NA'],
      [true, 'QC-L1', 'L77', 'K'],
      [true, 'QC-L2', 'L77', 'NA'],
      [true, 'QC-L2', 'L77', 'K'],
    ]);
  });

  it('takes orders it has not asked for', async () => {
    const which = profile('demo-chemistry');
    const { host, analyser } = await overTcp(which, new Map());
    const { encodeAnswer } = await import('../../../shared/protocols/astm/encode.ts');
    const download = encodeAnswer([{ specimenId: 'B1', codes: ['Na'] }], {
      sender: 'LEVEY',
      time: '20260729064205',
      reportType: 'O',
    });
    expect(await host.session.send({ bytes: download.bytes })).toEqual({ outcome: 'accepted' });
    await until(() => expect(analyser.downloaded.get('B1')).toEqual(['Na']));
    expect(await analyser.run('B1')).toMatchObject({ outcome: 'acknowledged' });
    await until(() => expect(host.results.map((one) => one.testCode)).toEqual(['NA']));
  });

  it('the same seed measures the same values', async () => {
    const measured: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { analyser } = await overTcp(profile('generic-astm'), new Map(), { query: false, seed: 7 });
      measured.push(JSON.stringify((await analyser.run('A1')).results));
    }
    expect(measured[0]).toBe(measured[1]);
    expect(JSON.parse(measured[0] ?? '[]')).toHaveLength(30);
  });

  for (const seed of [1, 2, 3]) {
    it(`with faults on the line every acknowledged message arrives, and is in the journal (seed ${seed})`, async () => {
      const which = profile('demo-chemistry');
      const ids = Array.from({ length: 12 }, (_, i) => `F${seed}${i}`);
      const orders = new Map(ids.map((id) => [id, ['Na', 'K', 'Cl', 'Crea']]));
      const rates = {
        badChecksum: 0.08,
        splitPackets: 0.3,
        duplicateFrame: 0.08,
        hangUp: 0.02,
        lostAck: 0.02,
        wrongNumber: 0.05,
      };
      const { host, analyser, events } = await overTcp(which, orders, {
        faults: { seed, rates },
        timers: quick,
      });
      const outcomes = await Promise.all(ids.map((id) => analyser.run(id)));
      expect(outcomes.every((one) => one.outcome === 'acknowledged')).toBe(true);
      await host.session.idle();
      await until(() => {
        for (const id of analyser.acknowledged) expect(host.messages.get(id)).toBeGreaterThan(0);
      });
      const byText = outcomes.flatMap((one) =>
        one.results.map((result) => `${one.specimenId} ${result.code} ${result.text}`),
      );
      const posted = host.results.map((one) => `${one.specimenId} ${one.instrumentCode} ${one.sent.text}`);
      expect(posted.sort()).toEqual(byText.sort());
      expect(events.filter((event) => event.type === 'fault').length).toBeGreaterThan(5);
      const recovered = recoverMessages(host.journal.rows).filter((one) => one.complete);
      expect(recovered).toHaveLength([...host.messages.values()].reduce((sum, n) => sum + n, 0));
    });
  }

  it('L19 works over a pair of pseudo-terminals', async () => {
    const pair = await ptyPair();
    cleanups.push(() => pair.close());
    const which = profile('demo-haematology');
    const host = testHost(which, new Map([['A1', ['WBC', 'HGB']]]), {
      transport: serial({ path: pair.a, timers: realTimers }),
      timers: realTimers,
    });
    const analyser: Analyser = createAnalyser({
      profile: which,
      transport: serial({ path: pair.b, timers: realTimers }),
      timers: realTimers,
    });
    cleanups.push(
      () => host.session.stop(),
      () => analyser.stop(),
    );
    host.session.start();
    analyser.start();
    expect(await analyser.run('A1')).toMatchObject({ outcome: 'acknowledged' });
    await until(() => expect(host.results.map((one) => one.testCode)).toEqual(['WBC', 'HGB']));
    expect(host.problems).toEqual([]);
  });

  it('stop ends a run that cannot be delivered', async () => {
    const transport = tcpClient({ host: '127.0.0.1', port: 1, timers: realTimers });
    const analyser = createAnalyser({ profile: profile('demo-chemistry'), transport, timers: realTimers });
    analyser.start();
    const run = analyser.run('A1');
    const next = analyser.run('A2');
    await analyser.stop();
    expect((await run).outcome).toBe('stopped');
    expect((await next).outcome).toBe('stopped');
  });
});

describe('the program', () => {
  const start = (...args: string[]) =>
    spawn(process.execPath, ['test/sim/analyser/main.ts', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });

  it('runs specimens against a host and ends with what was acknowledged', async () => {
    const which = profile('demo-chemistry');
    const server = tcpServer({ host: '127.0.0.1', port: 0, timers: realTimers });
    const host = testHost(
      which,
      new Map([
        ['A1', ['Na']],
        ['A2', ['K']],
      ]),
      { transport: server },
    );
    host.session.start();
    cleanups.push(() => host.session.stop());
    await until(() => expect(server.address()).not.toBeNull());
    const child = start(
      '--profile',
      which.id,
      '--tcp',
      `127.0.0.1:${server.address()?.port}`,
      '--specimens',
      'A1,A2',
      '--qc',
    );
    let out = '';
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
    });
    const [code] = await once(child, 'close');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; acknowledged?: string[] });
    expect(lines.at(-1)).toMatchObject({ type: 'summary', failed: 0 });
    expect(lines.at(-1)?.acknowledged).toHaveLength(4);
    expect(code).toBe(0);
    await until(() =>
      expect(host.results.filter((one) => !one.isQc).map((one) => one.testCode)).toEqual(['NA', 'K']),
    );
  });

  it('takes commands on stdin, and says what is wrong with its arguments', async () => {
    const child = start('--profile', 'demo-coagulation', '--listen', '0');
    const ended = once(child, 'close');
    child.stdin.write('stop\n');
    expect((await ended)[0]).toBe(0);
    const wrong = start('--profile', 'nobody', '--listen', '0');
    let said = '';
    wrong.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    expect((await once(wrong, 'close'))[0]).toBe(2);
    expect(said).toContain('no profile "nobody"');
  });
});
