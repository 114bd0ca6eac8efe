import type { Clock } from '../../../shared/domain/clock.ts';
import { type PlainError, toPlainError } from '../../../shared/errors.ts';
import type { Timers } from '../timers.ts';
import { PrinterError } from './printer.ts';

/** Where a label is on its way to paper. */
export type LabelJobState = 'queued' | 'printing' | 'printed' | 'failed';

/** A label waiting for, or through with, a printer. Plain data: the caller stores it. Times are ISO 8601 UTC. */
export interface LabelJob {
  id: string;
  /** The whole job as ZPL. */
  zpl: string;
  printer: string;
  state: LabelJobState;
  queuedAt: string;
  printedAt?: string;
  /** Attempts since it was last queued by a person. */
  attempts: number;
  /** Why the last attempt failed. */
  why?: PlainError;
  /** The label may be on paper although nobody knows: it is never printed again by itself. Stays set when it is queued again. */
  maybePrinted: boolean;
}

/** Where label jobs are kept. `save` must be durable when it resolves. */
export interface LabelJobs {
  /** Jobs queued or printing, oldest first. */
  unfinished(): Promise<LabelJob[]>;
  save(job: LabelJob): Promise<void>;
}

/** What the queue needs. */
export interface LabelQueuePorts {
  jobs: LabelJobs;
  /** Prints a job, e.g. by `sendJob`; rejects with {@link PrinterError}. */
  send(printer: string, zpl: string): Promise<unknown>;
  clock: Clock;
  timers: Timers;
  /** The printer to offer when this one does not print. */
  fallbackOf?(printer: string): string | undefined;
  /** Asks a person whether the waiting labels should go to another printer; nothing moves until {@link LabelQueue.move}. */
  askFallback?(offer: { from: string; to: string; jobs: string[] }): void;
  /** Called when a job could not be stored; the line is tried again later. */
  storeFailed?(error: unknown): void;
  /** Called after each stored change. */
  changed?(job: LabelJob): void;
}

/** Milliseconds before each further attempt; the last one repeats. */
export const RETRY_MS: readonly number[] = [2_000, 5_000, 15_000, 30_000, 60_000];

/** A person is asked about the other printer after so many failed attempts in a row. */
const ASK_AFTER = 2;

/** After so many attempts a label fails for good, until a person queues it again. */
const GIVE_UP_AFTER = 60;

/**
 * The queue of labels, one line per printer, in order. `printing` is stored before the first byte is sent, so after a crash a label in
 * that state becomes `failed` with the mark `maybePrinted`: it can be looked for, and nothing comes out twice by itself.
 */
export class LabelQueue {
  readonly #ports: LabelQueuePorts;
  readonly #waiting = new Map<string, LabelJob[]>();
  readonly #busy = new Set<string>();
  readonly #retry = new Map<string, () => void>();
  readonly #asked = new Set<string>();
  #running: Promise<void>[] = [];
  #stopped = false;

  constructor(ports: LabelQueuePorts) {
    this.#ports = ports;
  }

  /** Takes up what was left by the last run. Call once, before anything else. */
  async start(): Promise<void> {
    for (const job of await this.#ports.jobs.unfinished()) {
      if (job.state === 'printing') {
        await this.#fail(job, { ...STOPPED_WHILE_PRINTING }, true);
      } else {
        this.#line(job.printer).push(job);
      }
    }
    for (const printer of this.#waiting.keys()) this.#pump(printer);
  }

  /** Puts a new label into the queue; resolves when it is stored. */
  async add(input: { id: string; zpl: string; printer: string }): Promise<LabelJob> {
    const job: LabelJob = {
      ...input,
      state: 'queued',
      queuedAt: this.#now(),
      attempts: 0,
      maybePrinted: false,
    };
    await this.#store(job);
    this.#line(job.printer).push(job);
    this.#pump(job.printer);
    return job;
  }

  /** Queues a failed label again because a person asked for it. */
  async again(job: LabelJob, printer: string = job.printer): Promise<LabelJob> {
    if (job.state !== 'failed') throw new RangeError(`label ${job.id} is ${job.state}, not failed`);
    const { why: _, ...rest } = job;
    const next: LabelJob = { ...rest, state: 'queued', printer, attempts: 0, queuedAt: this.#now() };
    await this.#store(next);
    this.#line(printer).push(next);
    this.#pump(printer);
    return next;
  }

  /** Moves all waiting labels of a printer to another one, as a person decided. Labels being printed stay. */
  async move(from: string, to: string): Promise<void> {
    const line = this.#line(from);
    const moving = line.filter((job) => job.state === 'queued');
    // In place: the loop that prints this line holds on to it.
    line.splice(0, line.length, ...line.filter((job) => job.state !== 'queued'));
    this.#cancelRetry(from);
    for (const job of moving) {
      const { why: _, ...rest } = job;
      const moved: LabelJob = { ...rest, printer: to, attempts: 0 };
      await this.#store(moved);
      this.#line(to).push(moved);
    }
    this.#pump(to);
  }

  /** Labels not yet printed, by printer, in order. */
  waiting(printer: string): readonly LabelJob[] {
    return this.#waiting.get(printer) ?? [];
  }

  /** Tries at once instead of at the next planned time, e.g. when a person closed the printer. */
  wake(printer: string): void {
    this.#cancelRetry(printer);
    this.#pump(printer);
  }

  /** Stops after the label being printed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#retry.values()) cancel();
    this.#retry.clear();
    await Promise.all(this.#running);
  }

  #pump(printer: string): void {
    if (this.#stopped || this.#busy.has(printer) || this.#retry.has(printer)) return;
    this.#busy.add(printer);
    const run = this.#run(printer)
      .catch((error: unknown) => {
        // The store refused: keep the line, try later. What was handed over stays marked "printing" and is never sent again by itself.
        this.#ports.storeFailed?.(error);
        this.#planRetry(printer, RETRY_MS.length);
      })
      .finally(() => {
        this.#busy.delete(printer);
        this.#running = this.#running.filter((one) => one !== run);
        // A label may have come in between the last look and here.
        if (this.#line(printer).length > 0) this.#pump(printer);
      });
    this.#running.push(run);
  }

  /** Prints the line of one printer until it is empty or an attempt fails. */
  async #run(printer: string): Promise<void> {
    const line = this.#line(printer);
    for (let job = line[0]; job !== undefined && !this.#stopped; job = line[0]) {
      const printing: LabelJob = { ...job, state: 'printing', attempts: job.attempts + 1 };
      line[0] = printing;
      await this.#store(printing);
      try {
        await this.#ports.send(printer, printing.zpl);
        line.shift();
        const { why: _, ...done } = printing;
        await this.#store({ ...done, state: 'printed', printedAt: this.#now() });
        this.#asked.delete(printer);
      } catch (error) {
        const maybe = !(error instanceof PrinterError) || error.maybePrinted;
        if (maybe || printing.attempts >= GIVE_UP_AFTER) {
          line.shift();
          await this.#fail(printing, toPlainError(error), maybe);
          continue;
        }
        const waiting: LabelJob = { ...printing, state: 'queued', why: toPlainError(error) };
        line[0] = waiting;
        await this.#store(waiting);
        this.#planRetry(printer, waiting.attempts);
        return;
      }
    }
  }

  #planRetry(printer: string, attempts: number): void {
    if (this.#stopped) return;
    const wait = RETRY_MS[Math.min(attempts, RETRY_MS.length) - 1] ?? 60_000;
    this.#retry.set(
      printer,
      this.#ports.timers.set(wait, () => {
        this.#retry.delete(printer);
        this.#pump(printer);
      }),
    );
    const to = this.#ports.fallbackOf?.(printer);
    if (to === undefined || attempts < ASK_AFTER || this.#asked.has(printer)) return;
    this.#asked.add(printer);
    this.#ports.askFallback?.({ from: printer, to, jobs: this.#line(printer).map((one) => one.id) });
  }

  #cancelRetry(printer: string): void {
    this.#retry.get(printer)?.();
    this.#retry.delete(printer);
  }

  async #fail(job: LabelJob, why: PlainError, maybePrinted: boolean): Promise<void> {
    const failed: LabelJob = { ...job, state: 'failed', why, maybePrinted: job.maybePrinted || maybePrinted };
    await this.#store(failed);
  }

  async #store(job: LabelJob): Promise<void> {
    await this.#ports.jobs.save(job);
    this.#ports.changed?.(job);
  }

  #line(printer: string): LabelJob[] {
    const known = this.#waiting.get(printer);
    if (known !== undefined) return known;
    const line: LabelJob[] = [];
    this.#waiting.set(printer, line);
    return line;
  }

  #now(): string {
    return this.#ports.clock.now().toISOString();
  }
}

const STOPPED_WHILE_PRINTING: PlainError = {
  code: 'label.interrupted',
  what: 'The station stopped while this label was printing.',
  safe: 'The label may have come out. It is not printed again without being asked for.',
  todo: 'Look for the label; print it again only if it is not there.',
};
