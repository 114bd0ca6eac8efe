/** Runs of the active self-test: one per instrument at a time, the newest kept until another begins or the engine ends. */
import type { ProbeRunRow, ProbeTarget } from '../../../../../shared/ipc/tools-probe.ts';
import type { Profile } from '../../../../../shared/profiles/profile.ts';
import type { Bench } from '../../../bench.ts';
import { refuse } from '../../../faults.ts';
import type { Topic } from '../../../live/hub.ts';
import { sessionOver } from '../../link/open.ts';
import type { LineSession, ReceivedMessage } from '../../link/ports.ts';
import { wireTime } from '../../orders/gather.ts';
import { readReceived } from '../../reading.ts';
import { serial } from '../../transports/serial.ts';
import { tcpClient } from '../../transports/tcp-client.ts';
import { tcpServer } from '../../transports/tcp-server.ts';
import type { Transport } from '../../transports/transport.ts';
import { TEST_SPECIMEN, TestOrder } from './order.ts';
import type { Listening, ProbeContext, ProbeTimes } from './part.ts';
import { type ProbePart, partFor } from './parts.ts';
import { StepLog } from './steps.ts';
import { ProbeWire } from './wire.ts';

/** As the standard has them. */
const TIMES: ProbeTimes = { answerMs: 15_000, busyMs: 10_000, silenceMs: 30_000, seenMs: 600_000 };
/** How long the other side is waited for. */
const CONNECT_MS = 60_000;
/** After the last step: what is on its way is let come to its end. */
const LINGER_MS = 1_500;
const LOOK_MS = 150;

const ofBench = new WeakMap<Bench, ProbeRuns>();

/** The runs of a bench. */
export function probesOf(bench: Bench): ProbeRuns {
  const known = ofBench.get(bench);
  if (known !== undefined) return known;
  const runs = new ProbeRuns(bench);
  ofBench.set(bench, runs);
  return runs;
}

/** What is shown of a run changes. */
export function probeTopic(instrumentId: string): Topic {
  return `channel:probe:${instrumentId}`;
}

export class ProbeRuns {
  readonly #bench: Bench;
  readonly #runs = new Map<string, Run>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Begins a run and gives its id. Refuses `selftest.running`, `selftest.files`, `selftest.lineOff`. */
  begin(begin: {
    instrumentId: string;
    name: string;
    target: ProbeTarget;
    profile: Profile;
    quick: boolean;
    by: string;
  }): string {
    if (this.#runs.get(begin.instrumentId)?.isRunning() === true)
      throw refuse(
        'selftest.running',
        'A self-test of this instrument is running.',
        'Wait for its end, or stop it.',
      );
    const part = partFor(begin.profile);
    if (part === null)
      throw refuse(
        'selftest.files',
        'A device that leaves files cannot be asked anything.',
        'Watch what it leaves: Since midnight, Watch from now.',
      );
    const line = this.#bench.instruments.lines().find(({ id }) => id === begin.instrumentId);
    if (begin.target.kind === 'line' && line?.state === 'off')
      throw refuse('selftest.lineOff', `${begin.name} is switched off.`, 'Switch it on first.');
    const run = new Run(this.#bench, part, begin);
    this.#runs.set(begin.instrumentId, run);
    run.play();
    return run.id;
  }

  row(instrumentId: string): ProbeRunRow | undefined {
    return this.#runs.get(instrumentId)?.row();
  }

  /** Ends the waiting for what the device has not sent; what was seen is judged. */
  finish(instrumentId: string): void {
    this.#runs.get(instrumentId)?.finish();
  }

  async stop(instrumentId: string): Promise<void> {
    await this.#runs.get(instrumentId)?.stop();
  }

  /** Ends all, for the end of the engine. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.stop()));
  }
}

type Begin = Parameters<ProbeRuns['begin']>[0];

class Run {
  readonly id: string;
  readonly #bench: Bench;
  readonly #part: ProbePart;
  readonly #begin: Begin;
  readonly #steps: StepLog;
  readonly #order: TestOrder;
  #state: ProbeRunRow['state'] = 'connecting';
  #why = '';
  #startedAt: string;
  #endedAt = '';
  #status = '';
  #finish = false;
  #stop = false;
  #wakes = new Set<() => void>();
  #playing: Promise<void> = Promise.resolve();

  constructor(bench: Bench, part: ProbePart, begin: Begin) {
    this.id = bench.newId();
    this.#bench = bench;
    this.#part = part;
    this.#begin = begin;
    const now = (): string => bench.clock.now().toISOString();
    this.#startedAt = now();
    this.#steps = new StepLog(part.steps, now, () => this.#changed());
    this.#order = new TestOrder(
      begin.profile,
      `Levey ${bench.station.code}`,
      wireTime(bench.station.timeZone, now()),
    );
  }

  play(): void {
    this.#playing = this.#play().catch((error: unknown) => {
      this.#end('failed', error instanceof Error ? error.message : 'It ended with a fault.');
    });
  }

  isRunning(): boolean {
    return this.#endedAt === '';
  }

  finish(): void {
    this.#finish = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stop = true;
    this.#wake();
    await this.#playing;
  }

  row(): ProbeRunRow {
    const { instrumentId, profile, by } = this.#begin;
    return {
      id: this.id,
      instrumentId,
      state: this.#state,
      why: this.#why,
      target: this.#target(),
      onLine: this.#begin.target.kind === 'line',
      profile: `${profile.name} (${profile.id} ${profile.version})`,
      by,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      specimen: TEST_SPECIMEN,
      steps: this.#steps.rows(),
    };
  }

  #target(): string {
    const { target, name } = this.#begin;
    switch (target.kind) {
      case 'line':
        return `the line of ${name}`;
      case 'connect':
        return `${target.host}:${target.port}`;
      case 'listen':
        return `whoever connects to port ${target.port}`;
      case 'serial':
        return target.path;
    }
  }

  async #play(): Promise<void> {
    const { target } = this.#begin;
    const onLine = target.kind === 'line';
    const opened = onLine ? await this.#onLine() : this.#elsewhere(target);
    try {
      await this.#script(opened.wire);
    } finally {
      await opened.close();
    }
  }

  async #script(wire: ProbeWire): Promise<void> {
    const from = this.#now();
    while (!wire.connected && !this.#stop && this.#now() - from < CONNECT_MS) await wire.opened(LOOK_MS);
    if (!wire.connected) {
      this.#steps.endAll(() => 'Not tried: nobody was at the other end.');
      if (this.#stop) return this.#end('stopped', 'Stopped by a person.');
      return this.#end('failed', `Nobody was at the other end. ${this.#status}`.trim());
    }
    const context = this.#context(wire);
    this.#become('speaking');
    wire.take();
    await this.#part.speak(context);
    let listening: Listening | null = null;
    if (!this.#stop) {
      this.#become('listening');
      listening = this.#part.listen(context);
      wire.give(this.#noted(listening));
      const begun = this.#now();
      while (
        !this.#stop &&
        !this.#finish &&
        !listening.finished() &&
        this.#now() - begun < context.times.seenMs
      )
        await this.#pause(LOOK_MS);
      if (!this.#stop) await this.#pause(LINGER_MS);
    }
    listening?.end();
    wire.give(null);
    this.#steps.endAll((_, running) =>
      running ? 'Nothing of this came while the test listened.' : 'Not tried.',
    );
    if (this.#stop) this.#end('stopped', 'Stopped by a person.');
    else this.#end('done', '');
  }

  #context(wire: ProbeWire): ProbeContext {
    const { profile, quick, target } = this.#begin;
    return {
      wire,
      steps: this.#steps,
      order: this.#order,
      profile,
      times: TIMES,
      simulator: target.kind !== 'line',
      quick,
      stopped: () => this.#stop,
      pause: (ms) => this.#pause(ms),
      clock: () => this.#now(),
      timeZone: this.#bench.station.timeZone,
    };
  }

  /** The line's own link: its session goes on, with the test in between. Its bytes are in the journal, those of the test marked so. */
  async #onLine(): Promise<{ wire: ProbeWire; close: () => Promise<void> }> {
    const { instrumentId } = this.#begin;
    const { instruments, timers } = this.#bench;
    let wire: ProbeWire | undefined;
    await instruments.through(instrumentId, (inner) => {
      wire = new ProbeWire(inner, timers, (direction, bytes) => {
        this.#steps.wire(direction, bytes);
        if (this.#state === 'speaking') this.#journal(direction, bytes, 'selftest');
      });
      return wire;
    });
    if (wire === undefined) throw new Error('the line was not opened');
    return { wire, close: () => instruments.through(instrumentId, null) };
  }

  /** Another address: a session of its own, whose journal is forgotten; nothing is posted. */
  #elsewhere(target: Exclude<ProbeTarget, { kind: 'line' }>): {
    wire: ProbeWire;
    close: () => Promise<void>;
  } {
    const { instrumentId, profile } = this.#begin;
    const { clock, timers } = this.#bench;
    if (profile.protocol === 'file') throw new Error('a file profile has no line');
    const wire = new ProbeWire(this.#transport(target), timers, (direction, bytes) =>
      this.#steps.wire(direction, bytes),
    );
    let rows = 0;
    const session: LineSession = sessionOver(profile, {
      instrumentId,
      transport: wire,
      clock,
      timers,
      journal: {
        appendDurable: async () => {
          rows += 1;
          return rows;
        },
      },
      onMessage: async (message) => {
        this.#answer(session, message);
        return 'stored';
      },
      onState: ({ text }) => {
        this.#status = text;
      },
    });
    session.start();
    return { wire, close: () => session.stop() };
  }

  #transport(target: Exclude<ProbeTarget, { kind: 'line' }>): Transport {
    const { timers } = this.#bench;
    switch (target.kind) {
      case 'connect':
        return tcpClient({ host: target.host, port: target.port, timers });
      case 'listen': {
        const peers = target.peer === '' ? [] : [target.peer];
        return tcpServer({
          host: target.peer === '' ? '127.0.0.1' : '0.0.0.0',
          port: target.port,
          peers,
          timers,
        });
      }
      case 'serial':
        return serial({ path: target.path, baudRate: target.baudRate, timers });
    }
  }

  #answer(session: LineSession, message: ReceivedMessage): void {
    const { profile } = this.#begin;
    for (const one of readReceived(message, profile, this.#bench.station.timeZone))
      for (const query of one.queries)
        for (const { bytes } of this.#order.answer(query)) void session.send({ bytes });
  }

  /** What the test puts in place of an answer of the session's stands in the journal too. */
  #noted(listening: Listening): Listening {
    if (this.#begin.target.kind !== 'line') return listening;
    return {
      fromDevice: (bytes) => listening.fromDevice(bytes),
      fromHost: (bytes) => {
        const given = listening.fromHost(bytes);
        if (given !== bytes)
          this.#journal('out', given ?? new Uint8Array(0), 'selftest: in place of the answer');
        return given;
      },
      lost: () => listening.lost(),
      finished: () => listening.finished(),
      end: () => listening.end(),
    };
  }

  #journal(direction: 'in' | 'out', bytes: Uint8Array, note: string): void {
    const { store, clock, log } = this.#bench;
    store.journal
      .appendDurable({
        instrumentId: this.#begin.instrumentId,
        linkId: 'self-test',
        at: clock.now().toISOString(),
        direction: bytes.length === 0 ? 'event' : direction,
        bytes,
        note,
      })
      .catch(() => log.error('selftest.journal', { instrument: this.#begin.instrumentId }));
  }

  #end(state: 'done' | 'stopped' | 'failed', why: string): void {
    this.#why = why;
    this.#endedAt = this.#bench.clock.now().toISOString();
    this.#become(state);
  }

  #become(state: ProbeRunRow['state']): void {
    this.#state = state;
    this.#changed();
  }

  #changed(): void {
    this.#bench.hub.changed([probeTopic(this.#begin.instrumentId)]);
  }

  #now(): number {
    return performance.now();
  }

  #pause(ms: number): Promise<void> {
    if (this.#stop) return Promise.resolve();
    return new Promise((done) => {
      const end = (): void => {
        this.#wakes.delete(end);
        cancel();
        done();
      };
      const cancel = this.#bench.timers.set(ms, end);
      this.#wakes.add(end);
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }
}
