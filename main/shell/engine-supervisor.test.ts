import { beforeEach, describe, expect, test } from 'vitest';
import type { EngineState, EngineToShell, ShellToEngine } from '../../shared/ipc/envelope.ts';
import { type EngineChildEvents, EngineSupervisor, restartPause, SILENT_MS } from './engine-supervisor.ts';

/** Virtual time: callbacks run when it is moved on, in order. */
class VirtualTime {
  now = 0;
  #waiting: { at: number; callback: () => void }[] = [];

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.now + ms, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#waiting.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((entry) => entry !== next);
      this.now = next.at;
      next.callback();
    }
    this.now = end;
  }
}

interface FakeEngine {
  events: EngineChildEvents;
  got: ShellToEngine[];
  signals: string[];
}

let time: VirtualTime;
let engines: FakeEngine[];
let states: EngineState[];
let passedOn: EngineToShell[];
let supervisor: EngineSupervisor;
const latest = (): FakeEngine => engines.at(-1) as FakeEngine;
const ready = (): void =>
  latest().events.message({ type: 'ready', station: { code: 'B1', name: 'Bench' }, version: '1' });

beforeEach(() => {
  time = new VirtualTime();
  engines = [];
  states = [];
  passedOn = [];
  supervisor = new EngineSupervisor({
    spawn: (events) => {
      const engine: FakeEngine = { events, got: [], signals: [] };
      engines.push(engine);
      return { send: (message) => engine.got.push(message), kill: (signal) => engine.signals.push(signal) };
    },
    startMessage: () => ({ type: 'start', dataDir: '/d', stationFile: '/s', key: new Uint8Array(32) }),
    now: () => time.now,
    after: (ms, callback) => time.after(ms, callback),
    onState: (state) => states.push(state),
    onMessage: (message) => passedOn.push(message),
  });
});

describe('the supervisor of the engine', () => {
  test('gives the start message first, and is running when the engine says so', () => {
    supervisor.start();
    expect(latest().got.map(({ type }) => type)).toEqual(['start']);
    expect(supervisor.send({ type: 'client', clientId: 'w1', event: 'opened' })).toBe(false);
    ready();
    expect(states.map(({ phase }) => phase)).toEqual(['starting', 'running']);
    expect(supervisor.send({ type: 'client', clientId: 'w1', event: 'opened' })).toBe(true);
    expect(latest().got.at(-1)).toEqual({ type: 'client', clientId: 'w1', event: 'opened' });
  });

  test('pauses 1, 2, 4, 8, 16, 30, 30 seconds between restarts', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(restartPause)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    supervisor.start();
    for (const pause of [1, 2, 4, 8, 16, 30, 30]) {
      const count = engines.length;
      latest().events.ended('signal SIGKILL');
      expect(states.at(-1)).toMatchObject({
        phase: 'restarting',
        inSeconds: pause,
        why: { code: 'engine.failed-to-start' },
      });
      time.pass(pause * 1000 - 1);
      expect(engines.length).toBe(count);
      time.pass(1);
      expect(engines.length).toBe(count + 1);
    }
  });

  test('counts down second by second', () => {
    supervisor.start();
    ready();
    latest().events.ended('exit code 1');
    time.pass(1_000);
    ready();
    latest().events.ended('exit code 1');
    time.pass(2_000);
    const seconds = states.flatMap((state) => (state.phase === 'restarting' ? [state.inSeconds] : []));
    expect(seconds).toEqual([1, 2, 1]);
  });

  test('begins with 1 second again after 60 s of health, not sooner', () => {
    supervisor.start();
    for (const [healthy, pause] of [
      [0, 1],
      [59_999, 2],
      [60_000, 1],
    ] as const) {
      ready();
      for (let passed = 0; passed < healthy; passed += 4_999) {
        time.pass(Math.min(4_999, healthy - passed));
        latest().events.message({ type: 'pong', beat: 0 });
      }
      latest().events.ended('signal SIGSEGV');
      expect(states.at(-1)).toMatchObject({
        phase: 'restarting',
        inSeconds: pause,
        why: { code: 'engine.crashed' },
      });
      time.pass(pause * 1000);
    }
  });

  test('does not restart an engine that refused; a person can', async () => {
    supervisor.start();
    const why = { code: 'store.wrong-key', what: 'w', safe: 's', todo: 't' };
    latest().events.message({ type: 'failed', error: why });
    latest().events.ended('exit code 1');
    time.pass(120_000);
    expect(engines.length).toBe(1);
    expect(states.at(-1)).toEqual({ phase: 'stopped', why });
    await supervisor.restart();
    expect(engines.length).toBe(2);
    expect(states.at(-1)).toEqual({ phase: 'starting' });
  });

  test('ends an engine that refused but does not go', () => {
    supervisor.start();
    latest().events.message({ type: 'failed', error: { code: 'x', what: '', safe: '', todo: '' } });
    time.pass(5_000);
    expect(latest().signals).toEqual(['SIGKILL']);
  });

  test('reports an engine that has been silent for 15 s, and that it is back', () => {
    supervisor.start();
    ready();
    time.pass(SILENT_MS - 1);
    expect(states.at(-1)).toMatchObject({ phase: 'running', silentForSeconds: null });
    time.pass(5_000);
    expect(states.at(-1)).toMatchObject({ phase: 'running', silentForSeconds: 15 });
    latest().events.message({ type: 'pong', beat: 1 });
    time.pass(5_000);
    expect(states.at(-1)).toMatchObject({ phase: 'running', silentForSeconds: null });
    expect(latest().signals).toEqual([]);
  });

  test('a busy engine that sends other messages is not called silent', () => {
    supervisor.start();
    ready();
    for (let step = 0; step < 10; step += 1) {
      time.pass(4_000);
      latest().events.message({ type: 'to-window', clientId: 'w1', message: step });
    }
    expect(states.every((state) => state.phase !== 'running' || state.silentForSeconds === null)).toBe(true);
    expect(passedOn.length).toBe(10);
  });

  test('stops with a request, SIGTERM after 5 s, SIGKILL after 10 s, and never restarts then', async () => {
    supervisor.start();
    ready();
    const stopped = supervisor.stop();
    expect(latest().got.at(-1)).toEqual({ type: 'shutdown' });
    time.pass(4_999);
    expect(latest().signals).toEqual([]);
    time.pass(1);
    expect(latest().signals).toEqual(['SIGTERM']);
    time.pass(5_000);
    expect(latest().signals).toEqual(['SIGTERM', 'SIGKILL']);
    latest().events.ended('signal SIGKILL');
    await stopped;
    supervisor.start();
    time.pass(120_000);
    expect(engines.length).toBe(1);
  });

  test('hears nothing from an engine that is already replaced', async () => {
    supervisor.start();
    ready();
    const old = latest();
    const restarted = supervisor.restart();
    old.events.ended('exit code 0');
    await restarted;
    ready();
    old.events.ended('exit code 0');
    expect(states.at(-1)).toMatchObject({ phase: 'running' });
    expect(engines.length).toBe(2);
  });
});
