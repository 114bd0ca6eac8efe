/**
 * Three stations of one laboratory and one server, pulled apart and put together again: lines cut, answers lost, engines killed, clocks wrong,
 * the server refusing and failing. Afterwards everything heals, drains, and is compared.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { newBase } from '../../shared/documents/common.ts';
import type { OrderDoc, ReportDoc } from '../../shared/documents/index.ts';
import { replicated, resourceTypes } from '../../shared/fhir/mapping.ts';
import { Chance } from '../crash/chance.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import type { Switches } from '../sim/fhir/switches.ts';
import { laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import { problemsOf } from './check.ts';
import { Line, type LineState } from './line.ts';
import { isDone, wholeRound } from './settled.ts';
import { Station } from './station.ts';
import { type Ledger, newLedger, Worker } from './work.ts';

/** Longest time until everything settles after a round. */
const SETTLE_MS = 120_000;
/** So often people are asked after a round: what they decided against each other may be asked once more. */
const MOST_TURNS = 5;
const CODES = ['A1', 'B1', 'C1'];
/** Of the database of every station. */
export const KEY = new Uint8Array(32).fill(11);

/** A fault of the server that lasts for a phase. */
const troubles: Partial<Switches>[] = [
  {},
  { lostAnswer: 0.25 },
  { conflict: 0.2 },
  { precondition: 0.15 },
  { tooMany: { probability: 0.1, count: 2 } },
  { error500: 0.15 },
  { error503: 0.2 },
  { lateCommit: 0.3, lateCommitMs: 150 },
  { lostAnswer: 0.1, conflict: 0.1, precondition: 0.05, error503: 0.1, lateCommit: 0.1, lateCommitMs: 80 },
  { slowMs: 60, slow: 0.5 },
];

/** Three stations and their server, with one row of chances. */
export class World {
  readonly ledger: Ledger = newLedger();
  readonly #server: FhirServer;
  readonly #stations: Station[];
  readonly #lines: Line[];
  readonly #chance: Chance;
  readonly #seed: number;
  readonly #patients: string[];
  kills = 0;
  decided = 0;
  /** What happened in the round, in short. */
  told = '';

  private constructor(of: {
    server: FhirServer;
    stations: Station[];
    lines: Line[];
    chance: Chance;
    seed: number;
    patients: string[];
  }) {
    this.#server = of.server;
    this.#stations = of.stations;
    this.#lines = of.lines;
    this.#chance = of.chance;
    this.#seed = of.seed;
    this.#patients = of.patients;
  }

  static async begin(directory: string, template: string, seed: number): Promise<World> {
    const chance = new Chance(seed);
    const server = await createFhirServer({ seed });
    const lab = laboratory({
      seed: `partition ${seed}`,
      day: new Date().toISOString().slice(0, 10),
      patients: 8,
    });
    server.control.load(resourcesFrom({ catalog: lab.catalog, patients: lab.patients }));
    const { port, pathname } = new URL(server.url);
    const lines: Line[] = [];
    const stations: Station[] = [];
    for (const code of CODES) {
      const line = await Line.open(Number(port), new Chance(chance.whole(1, 2 ** 31)));
      lines.push(line);
      stations.push(new Station({ code, directory, template, key: KEY, line, path: pathname }));
    }
    const patients = lab.patients.map((patient) => patient.id);
    const world = new World({ server, stations, lines, chance, seed, patients });
    await Promise.all(stations.map((station) => world.#begin(station)));
    return world;
  }

  get broken(): number {
    return this.#lines.reduce((sum, line) => sum + line.broken, 0);
  }

  get faults(): Record<string, number> {
    return this.#server.stats().faults;
  }

  async end(): Promise<void> {
    await Promise.all(this.#stations.map((station) => station.kill()));
    for (const line of this.#lines) await line.close();
    await this.#server.stop();
  }

  /** Trouble and work, then peace and the comparison. @returns what is wrong */
  async round(number: number): Promise<string[]> {
    const said: string[] = [];
    try {
      const shared = this.#newOrders(number);
      if (this.#chance.happens(0.7)) await this.#drained();
      if (this.#chance.happens(0.4)) said.push(await this.#alike(shared));
      for (let phase = this.#chance.whole(1, 2); phase > 0; phase -= 1) said.push(await this.#phase(shared));
      this.told = said.join(' | ');
      await this.#heal();
      await this.#drained();
      const problems = await problemsOf(this.#stations, this.#server, this.ledger);
      for (let turn = 1; problems.length === 0 && (await this.#decide(turn === 1)); turn += 1) {
        await this.#drained();
        problems.push(...(await problemsOf(this.#stations, this.#server, this.ledger)));
        if (turn === MOST_TURNS)
          problems.push(`decided ${turn} times, and still open: ${await this.#waits()}`);
      }
      if (problems.length > 0) return problems;
      if (number % 5 === 0)
        for (const station of this.#stations)
          problems.push(
            ...(await station.audit()).map((fault) => `${station.code} audit: ${JSON.stringify(fault)}`),
          );
      for (const station of this.#stations) problems.push(...station.errors.splice(0));
      return problems;
    } catch (error) {
      this.told = said.join(' | ');
      const logged = this.#stations.flatMap((station) => station.errors.splice(0));
      return [error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error), ...logged];
    }
  }

  /** Requisitions that arrive from the hospital, for all stations. */
  #newOrders(round: number): Set<string> {
    const at = new Date().toISOString();
    const requisitions = new Set<string>();
    const orders: OrderDoc[] = [];
    for (let n = 0; n < 2; n += 1) {
      const requisition = `REQ-${this.#seed}-${round}-${n}`;
      requisitions.add(requisition);
      const code = this.#chance.one(['K', 'GLU', 'HGB']) ?? 'K';
      const testCodes = [code];
      orders.push({
        ...newBase(`order-${this.#seed}-${round}-${n}`, at, 'onServer'),
        ...{
          requisition,
          patientId: this.#chance.one(this.#patients) ?? '',
          catalogCode: code,
          display: code,
        },
        ...{ testCodes, priority: 'routine', status: 'active', authoredOn: at, requester: 'Dr Lund' },
        ...{ ward: 'W1', note: '', origin: 'server' },
      });
    }
    this.#server.control.load(resourcesFrom({ orders }));
    return requisitions;
  }

  /** All stations have one tube; then each is alone with it and enters its own value of one test. @returns what it was, in short */
  async #alike(shared: ReadonlySet<string>): Promise<string> {
    const workers = this.#stations.map(
      (station) => new Worker(station, new Chance(this.#chance.whole(1, 2 ** 31)), this.ledger, shared),
    );
    const [first] = workers;
    const requisition = this.#chance.one([...shared]) ?? '';
    await this.#heal();
    await this.#drained();
    const tube = await first?.makeTube(requisition);
    if (tube === undefined) return 'no tube';
    await this.#drained();
    for (const line of this.#lines) if (this.#chance.happens(0.8)) await line.set('refused');
    await Promise.all(
      workers.map((worker) => (this.#chance.happens(0.85) ? worker.measure(tube) : undefined)),
    );
    return `each enters ${tube.testCode} of ${tube.accessionIdentifier}`;
  }

  /** A stretch of work under some trouble. @returns what the trouble was */
  async #phase(shared: ReadonlySet<string>): Promise<string> {
    const trouble = this.#chance.one(troubles) ?? {};
    await this.#server.control.set(trouble);
    const states: LineState[] = ['up', 'up', 'refused', 'cut', 'deaf'];
    for (const line of this.#lines) await line.set(this.#chance.one(states) ?? 'up');
    const told = `${JSON.stringify(trouble)} ${this.#lines.map((line) => line.state).join(' ')}`;
    const killed = this.#chance.happens(0.3) ? this.#chance.one(this.#stations) : undefined;
    const work = this.#stations.map((station) => {
      const worker = new Worker(station, new Chance(this.#chance.whole(1, 2 ** 31)), this.ledger, shared);
      return worker.work(this.#chance.whole(8, 16));
    });
    const others = [this.#hospital()];
    if (killed !== undefined) others.push(this.#kill(killed, this.#chance.whole(0, 250)));
    await Promise.all([...work, ...others]);
    await pause(this.#chance.whole(0, 150));
    return killed === undefined ? told : `${told} ${killed.code} killed`;
  }

  /** Somebody else at the server: demographics, a cancelled order. */
  async #hospital(): Promise<void> {
    await pause(this.#chance.whole(0, 100));
    const { control } = this.#server;
    if (this.#chance.happens(0.4)) {
      const patient = this.#chance.one(control.all('Patient'));
      if (patient !== undefined)
        control.put({
          ...patient,
          birthDate: `19${this.#chance.whole(30, 99)}-11-0${this.#chance.whole(1, 9)}`,
        } as Resource);
    }
    if (this.#chance.happens(0.15)) {
      const order = this.#chance.one(control.all('ServiceRequest').filter((one) => one.status === 'active'));
      if (order !== undefined) control.put({ ...order, status: 'revoked' } as Resource);
    }
  }

  async #kill(station: Station, afterMs: number): Promise<void> {
    await pause(afterMs);
    await station.kill();
    this.kills += 1;
    if (this.#chance.happens(0.7)) await this.#begin(station);
  }

  /** Clocks are wrong by up to some hours. */
  async #begin(station: Station): Promise<void> {
    station.skewMs = this.#chance.one([0, 0, 1, -1])! * this.#chance.whole(0, 5 * 3_600_000);
    await station.start();
  }

  async #heal(): Promise<void> {
    await this.#server.control.reset();
    for (const line of this.#lines) await line.set('up');
    for (const station of this.#stations) if (!station.alive) await this.#begin(station);
  }

  /** Waits until no station has anything to send and nothing changes at the server any more, over two whole rounds of every station. */
  async #drained(): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    let quiet = 0;
    while (quiet < 2) {
      const before = this.#server.stats().versions;
      const left = await Promise.all(this.#stations.map((station) => wholeRound(station)));
      const still = this.#server.stats().versions === before;
      const idle =
        still && (await Promise.all(this.#stations.map((one, n) => isDone(one, left[n]!)))).every(Boolean);
      quiet = idle ? quiet + 1 : 0;
      if (Date.now() > deadline)
        throw new Error(
          `it did not drain: ${left.join(' ')} left, ${this.#server.stats().versions - before} versions made in the last round; ${await this.#waits()}`,
        );
    }
  }

  /** What has not gone to the server, and what the stations say about it. */
  async #waits(): Promise<string> {
    const said: string[] = [];
    for (const station of this.#stations) {
      for (const name of replicated)
        for (const doc of await station.find(name, { syncState: { $nin: ['onServer', 'local'] } }))
          said.push(`${station.code} ${name} ${doc.id} ${doc.syncState} ${JSON.stringify(doc.sync)}`);
      const events = (await station.rows('sync.events', {})).slice(0, 6);
      said.push(...events.map((event) => `${station.code} ${event.at} ${event.text}`));
    }
    const newest = replicated
      .flatMap((name) => resourceTypes[name])
      .flatMap((type) => this.#server.control.all(type))
      .sort((a, b) => ((a.meta?.lastUpdated ?? '') < (b.meta?.lastUpdated ?? '') ? 1 : -1));
    said.push(...newest.slice(0, 2).map((one) => `last at the server ${JSON.stringify(one)}`));
    return said.join(' | ');
  }

  /**
   * At each station a person decides what waits for one, by chance for either side: all at the same time, and some before they hear of the
   * others. @returns whether there was anything
   */
  async #decide(apart: boolean): Promise<boolean> {
    if (apart && this.#chance.happens(0.5)) for (const line of this.#lines) await line.set('refused');
    const decided = await Promise.all(
      this.#stations.map((station) =>
        this.#decideAt(station, new Chance(this.#chance.whole(1, 2 ** 31)), apart),
      ),
    );
    for (const line of this.#lines) await line.set('up');
    return decided.some(Boolean);
  }

  async #decideAt(station: Station, chance: Chance, first: boolean): Promise<boolean> {
    let some = false;
    for (const collection of ['patients', 'orders', 'specimens', 'results', 'reports'] as const) {
      for (const doc of await station.find(collection, { syncState: { $eq: 'conflict' } })) {
        if (collection === 'reports' && (doc as { state?: string }).state === 'signed') {
          // Nothing can be chosen, and stations that sign the next version apart of each other have the same to do once more: that is not gone after.
          if (first && chance.happens(0.6))
            some = (await this.#amendAt(station, chance, doc as ReportDoc)) || some;
          continue;
        }
        const keepHere = chance.happens(0.5) ? Object.keys(doc) : [];
        // What a person decided otherwise is no longer promised.
        for (const fact of this.ledger.facts) if (fact.docId === doc.id) delete fact.wrong;
        some = true;
        try {
          await station.command('sync.decide', { collection, docId: doc.id, keepHere });
          this.decided += 1;
        } catch (error) {
          // It may have been settled since it was looked at.
          const [now] = await station.find(collection, { id: { $eq: doc.id } });
          if (now?.syncState === 'conflict') throw error;
        }
      }
    }
    return some;
  }

  /** Who signed what lost against another station's signs the next version: then nothing is left to do about the one before. @returns whether it could be signed */
  async #amendAt(station: Station, chance: Chance, lost: ReportDoc): Promise<boolean> {
    const worker = new Worker(station, chance, this.ledger, new Set());
    if (!(await worker.signNext(lost.requisition))) return false;
    this.decided += 1;
    const open = await station.find('tasks', { kind: { $eq: 'amendment' }, status: { $eq: 'open' } });
    if (open.some(({ reportId }) => reportId === lost.id))
      throw new Error(
        `${station.code}: the next version is signed, the amendment of ${lost.id} is still open`,
      );
    return true;
  }
}
