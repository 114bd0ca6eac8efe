/**
 * A simulated analyser. It behaves as an instrument does: asks the host for the orders of a specimen, measures, and sends until what it sent is
 * taken. How it talks is its speaker's business (`speakers/`), one per protocol, on the product's transports.
 */

import type { Transport } from '../../../main/engine/instruments/transports/transport.ts';
import { realTimers, type Timers } from '../../../main/engine/timers.ts';
import type { Clock } from '../../../shared/domain/clock.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { LinkOptions } from '../../../shared/protocols/astm/link.ts';
import type { FaultName, FaultOptions } from './faults.ts';
import type { HostAnswer, ReportedResult } from './messages.ts';
import { seeded, seedOf } from './random.ts';
import { astmSpeaker } from './speakers/astm.ts';
import { type DeviceFiles, fileSpeaker } from './speakers/file.ts';
import { hl7Speaker } from './speakers/hl7.ts';
import type { AskedAcks } from './speakers/hl7-messages.ts';
import type { DeviceSpeaker, SpeakerContext } from './speakers/speaker.ts';
import { streamSpeaker } from './speakers/stream.ts';
import { measure, measureQc } from './values.ts';

export interface AnalyserOptions {
  profile: Profile;
  /** the line; a device that leaves files has a `folder` instead */
  transport?: Transport;
  folder?: string;
  /** the file system the folder is in; default: this computer's */
  files?: DeviceFiles;
  /** HL7: the acknowledgements it asks for (MSH-15, MSH-16); default as usual for the profile. */
  acks?: AskedAcks;
  timers?: Timers;
  clock?: Clock;
  /** Same seed, specimen and test: same value. Default 1. */
  seed?: number;
  serial?: string;
  operator?: string;
  /** Ask the host for orders before measuring; default: as the profile's capabilities say. */
  query?: boolean;
  /** Wait for the answer to a query, ms; default 10 000. Then the specimen is measured with `defaultTests`. */
  answerMs?: number;
  /** Instrument codes measured without orders; default: all of the profile. */
  defaultTests?: readonly string[];
  faults?: Omit<FaultOptions, 'onFault'>;
  link?: Partial<LinkOptions>;
  /** How often a message is offered again before the analyser gives it up; default 50. */
  maxAttempts?: number;
  /** Beginning of message ids (H-3); default: the serial number and the time of the start, so that no two runs share ids. */
  idPrefix?: string;
  /** Pause before a message is offered again, ms; default 1000. */
  retryMs?: number;
}

/** What the analyser tells. `acknowledged`: the host has acknowledged the last frame of the message. */
export type AnalyserEvent =
  | { type: 'line'; state: string; text: string }
  | { type: 'asked'; specimenId: string }
  | { type: 'orders'; specimenId: string; codes: string[] }
  | { type: 'noOrders'; specimenId: string }
  | { type: 'noAnswer'; specimenId: string }
  | { type: 'acknowledged'; messageId: string; specimenId: string; qc: boolean; results: SentResult[] }
  | { type: 'refused'; messageId: string; specimenId: string; reason: string }
  | { type: 'fault'; name: FaultName };

export interface SentResult {
  code: string;
  text: string;
  unit: string;
  flag: string;
}

/** How running a specimen ended. */
export interface RunOutcome {
  specimenId: string;
  outcome: 'acknowledged' | 'refused' | 'nothingToDo' | 'stopped';
  messageId: string;
  results: SentResult[];
}

export interface Analyser {
  start(): void;
  stop(): Promise<void>;
  /** Loads a specimen and runs it, after those loaded before. `tests` (instrument codes) are measured without asking the host. */
  run(specimenId: string, options?: { tests?: readonly string[] }): Promise<RunOutcome>;
  /** Measures controls of both levels; `shift` moves them by so many SD. */
  runQc(options?: {
    level?: 1 | 2;
    shift?: number;
    lot?: string;
    tests?: readonly string[];
  }): Promise<RunOutcome[]>;
  /** Sends a text as it is, once; for tests of odd messages. */
  sendRaw(text: Uint8Array): Promise<'accepted' | 'refused' | 'aborted'>;
  /** Returns the way to stop listening. */
  on(listener: (event: AnalyserEvent) => void): () => void;
  /** Ids (H-3) of the result messages whose last frame was acknowledged, in order. */
  readonly acknowledged: readonly string[];
  /** Orders the host sent without being asked, by specimen. */
  readonly downloaded: ReadonlyMap<string, readonly string[]>;
  counters(): Record<string, number>;
  state(): string;
}

/** Makes an analyser; nothing happens before `start`. */
export function createAnalyser(options: AnalyserOptions): Analyser {
  return new SimulatedAnalyser(options);
}

function speakerFor(options: AnalyserOptions, context: SpeakerContext): DeviceSpeaker {
  const { profile } = options;
  switch (profile.protocol) {
    case 'astm':
      return astmSpeaker(profile, context, options.link);
    case 'stream':
      return streamSpeaker(profile, context);
    case 'file':
      return fileSpeaker(profile, context);
    case 'hl7':
      return hl7Speaker(profile, context);
  }
}

class SimulatedAnalyser implements Analyser {
  readonly acknowledged: string[] = [];
  readonly downloaded = new Map<string, string[]>();
  readonly #options: AnalyserOptions;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #speaker: DeviceSpeaker;
  readonly #prefix: string;
  readonly #listeners = new Set<(event: AnalyserEvent) => void>();
  #asking: { specimenId: string; answer: (codes: string[] | null) => void } | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #stopped = true;
  #wake: (() => void) | null = null;
  #messages = 0;
  #runs = 0;

  constructor(options: AnalyserOptions) {
    const profile = options.profile;
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#clock = options.clock ?? { now: () => new Date() };
    const serial = options.serial ?? `${profile.model}-${options.seed ?? 1}`;
    this.#prefix = options.idPrefix ?? `${serial}-${this.#clock.now().getTime().toString(36)}`;
    this.#speaker = speakerFor(options, {
      transport: options.transport,
      folder: options.folder,
      files: options.files,
      acks: options.acks,
      timers: this.#timers,
      clock: this.#clock,
      serial,
      operator: options.operator ?? 'tech',
      faults: options.faults,
      onFault: (name) => this.#tell({ type: 'fault', name }),
      onState: (state, text) => this.#tell({ type: 'line', state, text }),
      onOrders: (answer) => this.#heard(answer),
    });
  }

  start(): void {
    this.#stopped = false;
    this.#speaker.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    this.#asking?.answer(null);
    await this.#speaker.stop();
    await this.#work;
  }

  run(specimenId: string, options: { tests?: readonly string[] } = {}): Promise<RunOutcome> {
    return this.#queue(() => this.#runSpecimen(specimenId, options.tests));
  }

  runQc(
    options: { level?: 1 | 2; shift?: number; lot?: string; tests?: readonly string[] } = {},
  ): Promise<RunOutcome[]> {
    const levels = options.level === undefined ? ([1, 2] as const) : [options.level];
    return this.#queue(async () => {
      const outcomes: RunOutcome[] = [];
      for (const level of levels) {
        this.#runs += 1;
        const random = seeded(seedOf(this.#options.seed ?? 1, 'qc', level, this.#runs));
        const results = this.#mappings(options.tests ?? []).map((test): ReportedResult => {
          return {
            code: test.code,
            unit: test.unit ?? '',
            ...measureQc(test.test, level, random, options.shift ?? 0),
          };
        });
        outcomes.push(await this.#report(`QC-L${level}`, results, true, options.lot ?? `LOT${level}01`));
      }
      return outcomes;
    });
  }

  sendRaw(text: Uint8Array): Promise<'accepted' | 'refused' | 'aborted'> {
    return this.#queue(async () => (this.#stopped ? 'aborted' : (await this.#speaker.send(text)).outcome));
  }

  on(listener: (event: AnalyserEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  counters(): Record<string, number> {
    return this.#speaker.counters();
  }

  state(): string {
    return this.#speaker.state();
  }

  /** One thing after the other, as one sampling arm does. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #runSpecimen(specimenId: string, tests: readonly string[] | undefined): Promise<RunOutcome> {
    if (this.#stopped) return { specimenId, outcome: 'stopped', messageId: '', results: [] };
    const codes = tests ?? this.downloaded.get(specimenId) ?? (await this.#ask(specimenId));
    this.downloaded.delete(specimenId);
    if (codes === null || codes.length === 0) {
      return { specimenId, outcome: this.#stopped ? 'stopped' : 'nothingToDo', messageId: '', results: [] };
    }
    const results = this.#mappings(codes).map((test): ReportedResult => {
      const random = seeded(seedOf(this.#options.seed ?? 1, specimenId, test.code));
      const measured = measure(test.test, random);
      const comment = measured.flag === '>' ? 'Above measuring range' : undefined;
      return {
        code: test.code,
        unit: test.unit ?? '',
        ...measured,
        ...(comment === undefined ? {} : { comment }),
      };
    });
    return this.#report(specimenId, results, false, '');
  }

  /** Orders for a specimen by query; null when the host has nothing for it. */
  async #ask(specimenId: string): Promise<readonly string[] | null> {
    const byDefault = this.#options.defaultTests ?? this.#options.profile.tests.map((test) => test.code);
    if (!(this.#options.query ?? this.#options.profile.capabilities.query)) return byDefault;
    const query = this.#speaker.query(this.#nextId(), specimenId, this.#clock.now());
    if (query === null) return byDefault;
    let cancel: () => void = () => undefined;
    const answer = new Promise<string[] | null | 'noAnswer'>((done) => {
      this.#asking = { specimenId, answer: done };
      cancel = this.#timers.set(this.#options.answerMs ?? 10_000, () => done('noAnswer'));
    });
    this.#tell({ type: 'asked', specimenId });
    const sent = await this.#speaker.send(query);
    const codes = sent.outcome === 'accepted' ? await answer : 'noAnswer';
    cancel();
    this.#asking = null;
    if (this.#stopped) return null;
    if (codes === 'noAnswer') {
      this.#tell({ type: 'noAnswer', specimenId });
      return byDefault;
    }
    this.#tell(codes === null ? { type: 'noOrders', specimenId } : { type: 'orders', specimenId, codes });
    return codes;
  }

  async #report(
    specimenId: string,
    results: ReportedResult[],
    qc: boolean,
    lot: string,
  ): Promise<RunOutcome> {
    const messageId = this.#nextId();
    const completedAt = this.#clock.now();
    const startedAt = new Date(completedAt.getTime() - 600_000);
    const about = {
      id: messageId,
      specimenId,
      instrumentSpecimenId: lot,
      results,
      startedAt,
      completedAt,
      qc,
    };
    const text = this.#speaker.results(about);
    const sent = results.map(
      ({ code, text: value, unit, flag }): SentResult => ({ code, text: value, unit, flag }),
    );
    let reason = '';
    for (let attempt = 0; attempt < (this.#options.maxAttempts ?? 50) && !this.#stopped; attempt += 1) {
      const result = await this.#speaker.send(text);
      if (result.outcome === 'accepted') {
        this.acknowledged.push(messageId);
        this.#tell({ type: 'acknowledged', messageId, specimenId, qc, results: sent });
        return { specimenId, outcome: 'acknowledged', messageId, results: sent };
      }
      reason = result.reason ?? result.outcome;
      if (!this.#stopped) await this.#pause(this.#options.retryMs ?? 1000);
    }
    this.#tell({ type: 'refused', messageId, specimenId, reason });
    return { specimenId, outcome: this.#stopped ? 'stopped' : 'refused', messageId, results: sent };
  }

  /** What the host says of orders, asked for or not. */
  #heard({ none, orders, cancelled }: HostAnswer): void {
    const asked = this.#asking;
    if (asked !== null && none) asked.answer(null);
    for (const [specimenId, codes] of cancelled ?? []) {
      const left = (this.downloaded.get(specimenId) ?? []).filter((code) => !codes.includes(code));
      if (left.length > 0) this.downloaded.set(specimenId, left);
      else this.downloaded.delete(specimenId);
    }
    for (const [specimenId, codes] of orders) {
      if (asked !== null && asked.specimenId === specimenId) asked.answer(codes);
      else this.downloaded.set(specimenId, codes);
    }
  }

  #mappings(codes: readonly string[]) {
    const { tests } = this.#options.profile;
    if (codes.length === 0) return tests;
    const unknown = { test: '', loinc: null, unit: '', sentUnits: [], factor: '1' };
    return [...new Set(codes)].map(
      (code) => tests.find((test) => test.code === code) ?? { ...unknown, code },
    );
  }

  #nextId(): string {
    this.#messages += 1;
    return `${this.#prefix}-${this.#messages}`;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const cancel = this.#timers.set(ms, done);
      this.#wake = () => {
        cancel();
        done();
      };
    });
  }

  #tell(event: AnalyserEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
