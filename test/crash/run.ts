/** kill -9, again and again, at chosen moments of a working bench; and after each the proof that nothing was lost or done twice. */
import { randomBytes } from 'node:crypto';
import { type FSWatcher, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../main/engine/store/open.ts';
import { seedStation } from '../sim/demo-people.ts';
import { Chance } from './chance.ts';
import { checkStore } from './check.ts';
import { type ChildClient, EngineChild, EngineGone } from './engine-child.ts';
import { drawPlan, type KillPlan, Moments } from './moments.ts';
import { type Ledger, PATIENT_DATA, Person } from './person.ts';
import { STATION, type Surroundings, startSurroundings } from './surroundings.ts';

export interface CrashOptions {
  rounds: number;
  /** Same seed: same choices. What the machine makes of them in time differs. */
  seed: number;
  /** Kills of a working engine in one round, at most. Default 3. */
  mostKills?: number;
  /** The audit chain is walked in every so many rounds, and in the last. Default 5. */
  auditEvery?: number;
  /** Called with one line per failing round, and on request for every round. */
  say?: (line: string) => void;
  verbose?: boolean;
}

export interface CrashSummary {
  seed: number;
  rounds: number;
  kills: number;
  /** Messages whose last frame the engine acknowledged. */
  acknowledged: number;
  /** Results, controls and exceptions of those messages. */
  posted: number;
  /** Commands answered `done`, by name. */
  done: Record<string, number>;
  commandsUnanswered: number;
  /** Refusals, by command and code. */
  refused: Record<string, number>;
  failures: number;
  /** Only after a failure: where the data of the failing run is. */
  data?: string;
}

/** Longest time until everything settles after a restart. */
const SETTLE_MS = 60_000;
/** So long nothing may change before the bench counts as settled. */
const QUIET_MS = 600;

/** Runs rounds until one fails or all are done. */
export async function runCrash(options: CrashOptions): Promise<CrashSummary> {
  const run = await CrashRun.start(options);
  try {
    return await run.rounds();
  } finally {
    await run.stop();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

class CrashRun {
  readonly #options: CrashOptions;
  readonly #directory: string;
  readonly #dataDir: string;
  readonly #key = randomBytes(32).toString('hex');
  readonly #chance: Chance;
  readonly #moments: Moments;
  readonly #around: Surroundings;
  readonly #ledger: Ledger = { promised: [], refused: new Map(), unanswered: 0 };
  readonly #faults: string[] = [];
  #child: EngineChild | null = null;
  #watcher: FSWatcher | null = null;
  #kills = 0;
  #posted = 0;
  #failed = false;

  private constructor(options: CrashOptions, directory: string, moments: Moments, around: Surroundings) {
    this.#options = options;
    this.#directory = directory;
    this.#dataDir = join(directory, 'data');
    this.#chance = new Chance(options.seed);
    this.#moments = moments;
    this.#around = around;
  }

  static async start(options: CrashOptions): Promise<CrashRun> {
    const directory = mkdtempSync(join(tmpdir(), 'levey-crash-'));
    const moments = new Moments();
    const around = await startSurroundings(directory, options.seed, moments);
    const run = new CrashRun(options, directory, moments, around);
    await run.#seed();
    run.#watcher = watch(run.#dataDir, (_, name) => {
      if (name?.endsWith('-wal') === true) moments.tell('stored');
    });
    return run;
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    if (this.#child !== null && !this.#child.ended) {
      this.#child.kill();
      await this.#child.exited;
    }
    await this.#around.stop();
    if (!this.#failed) rmSync(this.#directory, { recursive: true, force: true });
  }

  async rounds(): Promise<CrashSummary> {
    const { rounds } = this.#options;
    let done = 0;
    let failures = 0;
    while (done < rounds && failures === 0) {
      done += 1;
      const problems = await this.#round(done);
      if (problems.length === 0) continue;
      failures += 1;
      this.#failed = true;
      this.#options.say?.(
        `round ${done} failed (seed ${this.#options.seed}, data ${this.#dataDir}, key ${this.#key}): ${problems.slice(0, 20).join('; ')}${problems.length > 20 ? ` and ${problems.length - 20} more` : ''}`,
      );
    }
    return {
      seed: this.#options.seed,
      rounds: done,
      kills: this.#kills,
      acknowledged: this.#around.acknowledged.length,
      posted: this.#posted,
      done: countBy(this.#ledger.promised.map((promised) => promised.command)),
      commandsUnanswered: this.#ledger.unanswered,
      refused: Object.fromEntries(this.#ledger.refused),
      failures,
      ...(failures === 0 ? {} : { data: this.#dataDir }),
    };
  }

  /** People and the catalogue, as a station has them after its first day. */
  async #seed(): Promise<void> {
    const key = () => Uint8Array.from(Buffer.from(this.#key, 'hex'));
    const day = new Date().toISOString().slice(0, 10);
    await seedStation({ dataDir: this.#dataDir, key: key(), stationCode: STATION, day, history: 0 });
    const clock = { now: () => new Date() };
    const store = await openStore({ dataDir: this.#dataDir, key: key(), clock, stationCode: STATION });
    const context = { actor: 'crash', command: 'seed', station: STATION, at: new Date().toISOString() };
    await store.write(context, async (unit) => {
      for (const doc of this.#around.catalog) unit.put('catalog', doc, { sync: true });
    });
    await store.close();
  }

  /** One to three working stretches that end with a kill, the restart, and the proof. @returns what is wrong */
  async #round(number: number): Promise<string[]> {
    const plans = Array.from({ length: this.#chance.whole(1, this.#options.mostKills ?? 3) }, () =>
      drawPlan(this.#chance),
    );
    try {
      await this.#around.trouble(true);
      for (const plan of plans) {
        await this.#workAndKill(plan);
        await this.#killWhileStarting();
      }
      await this.#around.trouble(false);
      const child = await this.#begin();
      await this.#settle(child);
      const end = await child.shutdown();
      if (end !== 'exit code 0') this.#faults.push(`a clean end was ${end}`);
    } catch (error) {
      this.#faults.push(textOf(error));
      this.#child?.kill();
      await this.#child?.exited;
    }
    const every = this.#options.auditEvery ?? 5;
    const checked = await checkStore({
      dataDir: this.#dataDir,
      key: this.#key,
      acknowledged: this.#around.acknowledged,
      promised: this.#ledger.promised,
      server: this.#around.server,
      audit: number % every === 0 || number === this.#options.rounds,
    });
    this.#posted = checked.posted;
    if (this.#options.verbose === true) {
      const kills = plans.map((plan) => `${plan.on} ${plan.nth} + ${plan.delayMs} ms`).join(', ');
      this.#options.say?.(
        `round ${number}: killed at ${kills}; ${this.#around.acknowledged.length} messages, ${checked.posted} posted, ${this.#ledger.promised.length} commands done`,
      );
    }
    return [...this.#faults, ...checked.problems];
  }

  async #begin(): Promise<EngineChild> {
    const child = this.#spawn();
    await child.start();
    return child;
  }

  #spawn(): EngineChild {
    this.#child = new EngineChild({
      dataDir: this.#dataDir,
      stationFile: this.#around.stationFile,
      key: this.#key,
      onLog: (line) => this.#logged(line),
    });
    return this.#child;
  }

  /** An error in the engine's log is a failure of the run: nothing that happens here may cause one. Neither may a patient be named in it. */
  #logged(line: string): void {
    if (line.trim() === '') return;
    const bad = line.includes('"level":"error"') || !line.startsWith('{') || PATIENT_DATA.test(line);
    if (bad) this.#faults.push(`log: ${line.slice(0, 600)}`);
  }

  async #workAndKill(plan: KillPlan): Promise<void> {
    const child = await this.#begin();
    let stopped = false;
    const people = (['okafor', 'byrne'] as const).map(async (username) => {
      try {
        const person = this.#person(child.open(username));
        await person.signIn(username);
        await person.work(username === 'byrne' ? 'pathologist' : 'bench', () => stopped);
      } catch (error) {
        if (!(error instanceof EngineGone)) this.#faults.push(`${username}: ${textOf(error)}`);
      }
    });
    await this.#moments.wait(plan, () => child.kill());
    this.#kills += 1;
    stopped = true;
    await child.exited;
    await Promise.all(people);
  }

  #person(client: ChildClient): Person {
    const chance = new Chance(this.#chance.whole(1, 2 ** 31));
    return new Person(client, chance, this.#around, this.#ledger, this.#moments);
  }

  /** A third of the restarts are killed themselves: while opening, while posting what was left, while the lines open. */
  async #killWhileStarting(): Promise<void> {
    while (this.#chance.happens(0.33)) {
      const child = this.#spawn();
      const started = child.start().catch((error: unknown) => {
        if (!(error instanceof EngineGone)) throw error;
      });
      await pause(this.#chance.whole(100, 1_800));
      child.kill();
      this.#kills += 1;
      await child.exited;
      await started;
    }
  }

  /** Waits until the analysers have sent everything, the server has everything, and nothing changes any more. */
  async #settle(child: EngineChild): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    const late = pause(SETTLE_MS, 'late' as const, { ref: false });
    const idle = this.#around.idle().then(() => 'idle' as const);
    if ((await Promise.race([idle, late])) === 'late')
      throw new Error('the analysers did not get rid of their messages');
    const window = child.open('settle');
    await window.command('access.signIn', { username: 'okafor', pin: '1234' });
    let before = '';
    for (;;) {
      const [health] = await window.rows('health', {});
      const [sync] = await window.rows('sync.summary', {});
      const now = `${health?.auditRows} ${health?.journalRows} ${sync?.queued}`;
      if (now === before && sync?.queued === 0) return;
      if (Date.now() > deadline) throw new Error(`it did not settle: ${now}, ${sync?.state} ${sync?.why}`);
      before = now;
      await pause(QUIET_MS);
    }
  }
}
