import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ACK, concatBytes, ENQ, EOT, fromBinary, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { buildFrames } from '../../../../shared/protocols/astm/frame.ts';
import { until } from '../../../../test/until.ts';
import { ptyPair } from '../transports/pty-fixture.ts';
import { serial } from '../transports/serial.ts';
import { tcpServer } from '../transports/tcp-server.ts';
import type { LineTrace } from './ports.ts';
import { LinkSession } from './session.ts';
import { memoryJournal, virtualTimers } from './session-fixture.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const TEXT = fromBinary('H|\\^&\rP|1\rO|1|A1\rR|1|^^^NA|140\rL|1|N\r');
const frames = buildFrames(TEXT);
const transfer = concatBytes([Uint8Array.of(ENQ), ...frames, Uint8Array.of(EOT)]);

function host(transport: ReturnType<typeof tcpServer> | ReturnType<typeof serial>) {
  const messages: string[] = [];
  const journal = memoryJournal();
  const traces: LineTrace[] = [];
  const session = new LinkSession({
    instrumentId: 'CHEM1',
    transport,
    journal,
    clock: { now: () => new Date('2026-07-29T06:42:05.118Z') },
    timers: virtualTimers(),
    onMessage: async (message) => {
      messages.push(toBinary(message.text));
      return 'stored';
    },
    onTrace: (trace) => traces.push(trace),
  });
  session.start();
  cleanups.push(() => session.stop());
  return { session, messages, journal, traces };
}

describe('link session over real lines', () => {
  it('L18 takes a transfer in one packet from a peer that has finished sending, and still answers it', async () => {
    const server = tcpServer({ host: '127.0.0.1', port: 0, timers: virtualTimers() });
    const { messages, session } = host(server);
    await until(() => expect(server.address()).not.toBeNull());
    for (let round = 1; round <= 3; round += 1) {
      const socket = connect({ port: server.address()?.port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
      const answers: number[] = [];
      socket.on('data', (bytes) => answers.push(...bytes));
      socket.end(transfer);
      await once(socket, 'close');
      expect(answers).toEqual([ACK, ...frames.map(() => ACK)]);
      await until(() => expect(messages).toHaveLength(round));
      await until(() => expect(session.state().peer).toBe(''));
    }
  });

  it('a peer that vanishes in the middle leaves an incomplete message and a line that is ready again', async () => {
    const server = tcpServer({ host: '127.0.0.1', port: 0, timers: virtualTimers() });
    const { messages, session } = host(server);
    await until(() => expect(server.address()).not.toBeNull());
    const first = connect({ port: server.address()?.port ?? 0, host: '127.0.0.1' });
    first.write(concatBytes([Uint8Array.of(ENQ), ...frames.slice(0, 2)]));
    await until(() => expect(session.counters().frames).toBe(2));
    first.resetAndDestroy();
    await until(() => expect(session.counters().incomplete).toBe(1));
    const second = connect({ port: server.address()?.port ?? 0, host: '127.0.0.1' });
    cleanups.push(() => second.destroy());
    second.write(transfer);
    await until(() => expect(messages).toEqual([toBinary(TEXT)]));
    expect(session.state()).toMatchObject({ state: 'ready' });
  });

  it('says on the light and once in the trace that the port is in use, in sentences', async () => {
    const server = tcpServer({ host: '127.0.0.1', port: 0, timers: virtualTimers() });
    host(server);
    await until(() => expect(server.address()).not.toBeNull());
    const timers = virtualTimers();
    const { session, traces } = host(
      tcpServer({ host: '127.0.0.1', port: server.address()?.port ?? 0, timers }),
    );
    await until(() =>
      expect(session.state()).toMatchObject({ state: 'failed', problem: { code: 'instrument.portInUse' } }),
    );
    timers.advance(1000);
    await until(() => expect(traces.map(({ note }) => note)).toContain('retrying in 2 s'));
    const told = traces.filter(({ mark }) => mark === 'problem').map(({ note }) => note);
    // Once more when it is known which program it is, never at each attempt.
    expect(told).toEqual([...new Set(told)]);
    expect(told[0]).toMatch(
      /^instrument\.portInUse: .* is already listening on .*\.\nNothing was lost: .*\nEnd the other program/,
    );
    expect(traces.map(({ note }) => note).join('\n')).not.toMatch(/EADDRINUSE|Error:/);
  });

  it('L19 goes on by itself after the serial cable was out', async () => {
    const pair = await ptyPair();
    cleanups.push(() => pair.close());
    const hostTimers = virtualTimers();
    const { messages, session } = host(serial({ path: pair.a, timers: hostTimers }));
    const send = async (): Promise<void> => {
      const timers = virtualTimers();
      const instrument = new LinkSession({
        instrumentId: 'I',
        role: 'instrument',
        transport: serial({ path: pair.b, timers }),
        journal: memoryJournal(),
        clock: { now: () => new Date(0) },
        timers,
        onMessage: async () => 'stored',
      });
      instrument.start();
      expect(await instrument.send({ bytes: TEXT })).toEqual({ outcome: 'accepted' });
      await instrument.stop();
    };
    await until(() => expect(session.state().state).toBe('ready'));
    await send();
    await until(() => expect(messages).toHaveLength(1));
    await pair.unplug();
    await until(() => {
      hostTimers.advance(500);
      expect(session.state().problem?.code).toBe('instrument.noDevice');
    });
    await pair.plug();
    await until(() => {
      hostTimers.advance(500);
      expect(session.state().state).toBe('ready');
    });
    await send();
    await until(() => expect(messages).toHaveLength(2));
  });
});
