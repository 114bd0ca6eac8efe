/**
 * One session of faults in virtual time: an analyser of a random profile, the product's session of its protocol, a line that misbehaves, a journal that
 * keeps only what was committed, and kills of the bench at random moments. At the end the line is calm, and what must hold is checked.
 * What is checked, and what cannot be: check.ts.
 */
import { FolderSession } from '../../main/engine/instruments/link/folder-session.ts';
import { sessionOver } from '../../main/engine/instruments/link/open.ts';
import { BUILTIN_PROFILES } from '../../shared/profiles/builtin.ts';
import { canDownload } from '../../shared/profiles/orders/encode.ts';
import { orderCode } from '../../shared/profiles/orders/order.ts';
import type { Hl7Profile, Profile } from '../../shared/profiles/profile.ts';
import { Chance } from '../crash/chance.ts';
import { type Analyser, createAnalyser, type RunOutcome } from '../sim/analyser/analyser.ts';
import { seeded } from '../sim/analyser/random.ts';
import { type AskedAcks, usualAcks } from '../sim/analyser/speakers/hl7-messages.ts';
import { Bench, Disk } from './bench.ts';
import { checkBlocks, checkLast, checkResults, type Known } from './check.ts';
import { isChecked } from './checksum.ts';
import { memoryFiles } from './files.ts';
import { FaultyLine, type LineFaults, NO_FAULTS } from './line.ts';
import { World } from './world.ts';

const MINUTE = 60_000;
const FOLDER = '/results';
/** So long a session may misbehave, and so long it may take until all is well again afterwards. */
const TROUBLE_MS = 20 * MINUTE;
/** All that is planned begins within this. */
const PLAN_MS = 60_000;
const SETTLE_MS = 5_000;
const RECOVER_MS = 40 * MINUTE;
/** Longer than any pause between two attempts to post. */
const QUIET_MS = 2 * MINUTE;

/** What became of one session. */
export interface SessionReport {
  seed: number;
  profile: string;
  /** what is wrong; empty: everything held */
  problems: string[];
  /** messages the analyser knows as taken, and results posted */
  acknowledged: number;
  posted: number;
  held: number;
  kills: number;
  /** faults by name */
  faults: Record<string, number>;
  /** what the product's sessions counted */
  seen: Record<string, number>;
  /** altered blocks that the protocol could not tell from true ones */
  collisions: number;
  /** bytes were altered on a line without checksum */
  blind: boolean;
}

/** The highest chance of each fault per block; each session draws its own, many of them 0. */
const HIGHEST: LineFaults = {
  bitFlip: 0.15,
  lostByte: 0.1,
  lostBlock: 0.08,
  lostAnswer: 0.1,
  noise: 0.15,
  split: 0.6,
  merge: 0.2,
  duplicate: 0.15,
  wrongNumber: 0.1,
  earlyEot: 0.06,
  hangUp: 0.06,
};

/** What is broken on purpose, to prove that the checks see it. */
export interface Sabotage {
  disk?: Disk;
  /** rows are said to be stored before they are */
  lies?: boolean;
  /** what the bench takes the profile for */
  read?(profile: Profile): Profile;
}

/** Told of everything that happens, in words; for a session that failed, run again. */
export type Tell = (text: string) => void;

/** Runs one session; the same seed gives the same session. @param profiles to choose from */
export async function faultSession(
  seed: number,
  profiles: readonly Profile[] = BUILTIN_PROFILES,
  sabotage: Sabotage = {},
  tell?: Tell,
): Promise<SessionReport> {
  const run = new SessionRun(seed, profiles, sabotage, tell);
  return run.run();
}

class SessionRun {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #profile: Profile;
  readonly #world = new World();
  readonly #disk: Disk;
  readonly #sabotage: Sabotage;
  readonly #tell: Tell | undefined;
  readonly #seen: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #orders = new Map<string, readonly string[]>();
  readonly #line: FaultyLine;
  readonly #files;
  readonly #analyser: Analyser;
  readonly #acknowledged: Known['acknowledged'][number][] = [];
  readonly #blind: boolean;
  /** one message may wait to be posted, not more */
  readonly #small: boolean;
  readonly #strikes: { what: 'hears' | 'says'; nth: number; delayMs: number }[] = [];
  #bench: Bench | null = null;
  #kills = 0;
  #over = false;

  constructor(seed: number, profiles: readonly Profile[], sabotage: Sabotage, tell: Tell | undefined) {
    this.#seed = seed;
    this.#tell = tell;
    this.#sabotage = sabotage;
    this.#disk = sabotage.disk ?? new Disk();
    const chance = new Chance(seed);
    this.#chance = chance;
    const profile = chance.one(profiles);
    if (profile === undefined) throw new Error('no profile to choose');
    this.#profile = profile;
    const checked = isChecked(profile);
    this.#blind = !checked && profile.protocol !== 'file' && chance.happens(0.15);
    const faults = this.#drawFaults(checked || this.#blind);
    this.#small = chance.happens(0.2);
    const random = seeded(chance.whole(1, 2 ** 31));
    this.#line = new FaultyLine({
      world: this.#world,
      profile,
      random,
      faults,
      serial: chance.happens(0.4),
      onFault: (name) => this.#fault(name),
      onMoment: (what) => this.#moment(what),
      ...(tell === undefined ? {} : { onTrace: (text) => this.#say(text) }),
    });
    this.#files = memoryFiles(this.#world, random);
    this.#files.trouble = profile.protocol === 'file' && chance.happens(0.5) ? 0.1 : 0;
    const files = chance.happens(0.5) ? { splitPackets: 0.4, hangUp: 0.3 } : {};
    this.#analyser = createAnalyser({
      profile,
      ...(profile.protocol === 'file'
        ? { folder: FOLDER, files: this.#files.device, faults: { seed, rates: files } }
        : { transport: this.#line.device }),
      ...(profile.protocol === 'hl7' ? { acks: this.#drawAcks(profile) } : {}),
      timers: this.#world,
      clock: this.#world.clock,
      seed,
      serial: 'SN1',
      idPrefix: `F${seed % 100_000}`,
      maxAttempts: 1_000,
    });
    this.#analyser.on((event) => {
      if (event.type === 'fault') this.#fault(event.name);
      else if (event.type !== 'line') this.#say(`device: ${JSON.stringify(event)}`);
      if (event.type === 'acknowledged')
        this.#acknowledged.push({ specimenId: event.specimenId, results: event.results });
    });
  }

  async run(): Promise<SessionReport> {
    const problems: string[] = [];
    const runs: Promise<RunOutcome | RunOutcome[]>[] = [];
    let working = 0;
    const begin = (run: Promise<RunOutcome | RunOutcome[]>): void => {
      working += 1;
      runs.push(run);
      void run.then(() => {
        working -= 1;
      });
    };
    this.#analyser.start();
    this.#startBench();
    this.#plan(begin);
    await this.#world.until(() => this.#world.now > PLAN_MS && working === 0, TROUBLE_MS);
    this.#over = true;
    this.#say('from here on nothing goes wrong');
    this.#line.calm();
    this.#files.trouble = 0;
    this.#disk.full = false;
    this.#disk.refuses = false;
    if (this.#bench === null) this.#startBench();
    // A line that was just lost is there again before a device that hears no answer goes on.
    await this.#world.until(() => false, SETTLE_MS);
    // A clean message: it gets through by itself.
    const last = 'LAST01';
    begin(this.#analyser.run(last, { tests: this.#someCodes(3) }));
    if (!(await this.#world.until(() => working === 0, RECOVER_MS)))
      problems.push(`the line did not recover: the device is ${this.#analyser.state()}`);
    await this.#world.until(() => false, QUIET_MS);
    if (this.#chance.happens(0.3)) {
      // What was acknowledged is there after a last kill, and not a second time.
      this.#kill();
      this.#startBench();
      await this.#world.until(() => false, QUIET_MS);
    }
    let stopped = false;
    void this.#analyser.stop().then(() => {
      stopped = true;
    });
    await this.#world.until(() => stopped, MINUTE);
    this.#end();
    const outcomes = stopped ? (await Promise.all(runs)).flat() : [];
    if (!stopped) problems.push('the simulated device did not stop');
    const known: Known = {
      profile: this.#profile,
      blind: this.#blind,
      disk: this.#disk,
      line: this.#line,
      acknowledged: this.#acknowledged,
      outcomes,
    };
    const { collisions, problems: altered } = checkBlocks(known);
    problems.push(...altered, ...(collisions > 0 ? [] : checkResults(known)), ...checkLast(known, last));
    return {
      seed: this.#seed,
      profile: this.#profile.id,
      problems,
      acknowledged: this.#acknowledged.length,
      posted: this.#disk.ledger.size,
      held: this.#disk.held.length,
      kills: this.#kills,
      faults: this.#faults,
      seen: this.#seen,
      collisions,
      blind: this.#blind,
    };
  }

  /** What happens when: specimens, controls, work sent unasked, kills, a full disk, a store that refuses. */
  #plan(begin: (run: Promise<RunOutcome | RunOutcome[]>) => void): void {
    const chance = this.#chance;
    const at = (ms: number, what: () => void): void => void this.#world.set(ms, what);
    const tests = this.#profile.tests
      .filter((one) => orderCode(this.#profile, one.test) !== null)
      .map((one) => one.test);
    for (let n = 1; n <= chance.whole(1, 4); n += 1) {
      const specimenId = `26210T1000${n}7`;
      const ordered = [chance.one(tests), chance.one(tests)].filter((test) => test !== undefined);
      if (ordered.length > 0 && chance.happens(0.7)) this.#orders.set(specimenId, ordered);
      const asks = this.#orders.has(specimenId) && chance.happens(0.6);
      const codes = this.#someCodes(chance.whole(1, 6));
      const options = asks ? {} : { tests: codes };
      at(chance.whole(0, PLAN_MS), () => begin(this.#analyser.run(specimenId, options)));
      if (canDownload(this.#profile) && chance.happens(0.4))
        at(chance.whole(0, PLAN_MS), () => void this.#bench?.download(specimenId));
    }
    if (chance.happens(0.3)) {
      const codes = this.#someCodes(2);
      at(chance.whole(0, PLAN_MS), () => begin(this.#analyser.runQc({ tests: codes })));
    }
    for (let n = chance.whole(0, 3); n > 0; n -= 1) {
      const nth = chance.whole(1, 60);
      const delayMs = chance.one([0, 0, 0, 1, 3, 10, 30, 200]) ?? 0;
      if (chance.happens(0.4) || this.#profile.protocol === 'file')
        at(chance.whole(500, 70_000), () => this.#crash());
      else
        this.#strikes.push({ what: chance.one(['hears', 'says', 'says'] as const) ?? 'says', nth, delayMs });
    }
    if (chance.happens(0.15)) this.#spell('full', chance.whole(1_000, 80_000), chance.whole(100, 40_000));
    if (chance.happens(0.15)) this.#spell('refuses', chance.whole(1_000, 80_000), chance.whole(100, 40_000));
  }

  /** Kills that wait for their moment: the nth time the bench hears or says something. */
  #moment(what: 'hears' | 'says'): void {
    for (const strike of this.#strikes) {
      if (strike.what !== what) continue;
      strike.nth -= 1;
      if (strike.nth === 0) this.#world.set(strike.delayMs, () => this.#crash());
    }
  }

  #spell(what: 'full' | 'refuses', fromMs: number, forMs: number): void {
    this.#world.set(fromMs, () => {
      if (this.#over) return;
      this.#disk[what] = true;
      this.#fault(what);
    });
    this.#world.set(fromMs + forMs, () => {
      this.#disk[what] = false;
    });
  }

  #someCodes(n: number): string[] {
    const { tests } = this.#profile;
    const codes = Array.from({ length: n }, () => this.#chance.one(tests)?.code ?? '');
    return [...new Set(codes)].filter((code) => code !== '');
  }

  /** M3: the acknowledgements an HL7 device asks for. */
  #drawAcks(profile: Hl7Profile): AskedAcks {
    const usual = usualAcks(profile);
    if (profile.dialect.acknowledge === 'original') return usual;
    const others: AskedAcks[] = [
      { accept: 'AL', application: 'AL' },
      { accept: 'AL', application: 'NE' },
    ];
    return this.#chance.happens(0.5) ? usual : (this.#chance.one(others) ?? usual);
  }

  #drawFaults(alters: boolean): LineFaults {
    const faults = { ...NO_FAULTS };
    const renumbers = this.#profile.protocol === 'astm' && this.#profile.link.leniencies.length === 0;
    for (const name of Object.keys(HIGHEST) as (keyof LineFaults)[]) {
      const drawn = this.#chance.happens(0.5) ? this.#chance.whole(1, 100) / 100 : 0;
      const altering = name === 'bitFlip' || name === 'lostByte';
      if ((altering && !alters) || (name === 'wrongNumber' && !renumbers)) continue;
      faults[name] = drawn * HIGHEST[name];
    }
    return faults;
  }

  #startBench(): void {
    const profile = this.#sabotage.read?.(this.#profile) ?? this.#profile;
    this.#say('the bench starts');
    const bench: Bench = new Bench({
      profile,
      world: this.#world,
      disk: this.#disk,
      lies: this.#sabotage.lies === true,
      orders: this.#orders,
      commitMs: () => this.#chance.whole(0, this.#chance.happens(0.1) ? 900 : 25),
      session: (given) => {
        const options = this.#small ? { ...given, maxBacklog: 1 } : given;
        return profile.protocol === 'file'
          ? new FolderSession({
              ...options,
              profile,
              folder: { kind: 'folder', path: FOLDER, archive: 'archive', errors: 'errors' },
              files: this.#files.port(() => bench.alive),
            })
          : sessionOver(profile, { ...options, transport: this.#line.host() });
      },
    });
    this.#bench = bench;
    void bench.start();
    // Some lives end while they still post what the one before left.
    if (!this.#over && this.#chance.happens(0.2))
      this.#world.set(this.#chance.whole(0, 40), () => this.#crash());
  }

  /** The end of a life of the bench, and what its line counted. */
  #end(): void {
    const counters = this.#bench?.session.counters() ?? {};
    for (const [name, count] of Object.entries(counters)) this.#seen[name] = (this.#seen[name] ?? 0) + count;
    this.#bench?.kill();
  }

  #kill(): void {
    this.#kills += 1;
    this.#say('kill -9');
    this.#end();
    this.#bench = null;
    this.#line.hostDied();
  }

  #crash(): void {
    if (this.#over || this.#bench === null) return;
    this.#kill();
    this.#world.set(this.#chance.whole(50, 20_000), () => {
      if (this.#bench === null) this.#startBench();
    });
  }

  #say(text: string): void {
    this.#tell?.(`${(this.#world.now / 1_000).toFixed(3)} ${text}`);
  }

  #fault(name: string): void {
    this.#say(`fault: ${name}`);
    this.#faults[name] = (this.#faults[name] ?? 0) + 1;
  }
}
