/** People at work at one station: they look at what is there and give the commands a bench gives, all by chance. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CollectionName, DocOf } from '../../shared/documents/index.ts';
import type { CommandInput, CommandName, CommandResult } from '../../shared/ipc/contract.ts';
import type { Chance } from '../crash/chance.ts';
import { DEMO_PIN } from '../sim/demo-people.ts';
import { Refused, type Station, StationGone } from './station.ts';

/** What has to be true at the end because a command was answered. */
export interface Fact {
  station: string;
  command: string;
  collection: CollectionName;
  docId: string;
  /** What is wrong with the document as the station has it; undefined when nothing is. */
  wrong?: (doc: Record<string, unknown>) => string | undefined;
}

/** A signature that was acknowledged. */
export interface Signed {
  station: string;
  reportId: string;
  requisition: string;
  contentHash: string;
  issuedTime: string;
}

/** What the stations were promised, and what they were refused. */
export interface Ledger {
  facts: Fact[];
  signed: Signed[];
  done: Map<string, number>;
  refused: Map<string, number>;
  unanswered: number;
}

export function newLedger(): Ledger {
  return { facts: [], signed: [], done: new Map(), refused: new Map(), unanswered: 0 };
}

/** One test of one tube. */
export interface Tube {
  accessionIdentifier: string;
  testCode: string;
}

const panels = ['K', 'GLU', 'HGB', 'THYROID', 'COAG'];

/** The person at one station. */
export class Worker {
  readonly #station: Station;
  readonly #chance: Chance;
  readonly #ledger: Ledger;
  /** Requisitions everybody works on now. */
  readonly #shared: ReadonlySet<string>;

  constructor(station: Station, chance: Chance, ledger: Ledger, shared: ReadonlySet<string>) {
    this.#station = station;
    this.#chance = chance;
    this.#ledger = ledger;
    this.#shared = shared;
  }

  /** Does so many things, one after the other; ends early when the engine dies. */
  async work(acts: number): Promise<void> {
    try {
      for (let n = 0; n < acts; n += 1) {
        await this.#act();
        await pause(this.#chance.whole(0, 25));
        // A station that waits after a failure is told to try again, as a person would.
        if (this.#chance.happens(0.15)) await this.#station.command('sync.now', {});
      }
    } catch (error) {
      if (!(error instanceof StationGone)) throw error;
    }
  }

  /** Draws and receives a tube of a requisition. @returns its number and a test of it; undefined when it is not to be had here */
  async makeTube(requisition: string): Promise<Tube | undefined> {
    await this.#draw(requisition);
    const tubes = await this.#station.find('specimens', { requisition: { $eq: requisition } });
    const tube = tubes.find((one) => one.status === 'expected' || one.status === 'received');
    const testCode = this.#chance.one(tube?.testCodes ?? []);
    if (tube === undefined || testCode === undefined) return undefined;
    if (tube.status === 'expected') await this.#receiveOne(tube.accessionIdentifier);
    return { accessionIdentifier: tube.accessionIdentifier, testCode };
  }

  /** Enters a value of a tube that others enter too, and goes on with it as far as chance has it: released, signed, corrected. */
  async measure(tube: Tube): Promise<void> {
    try {
      await this.#enterValue(tube);
      if (this.#chance.happens(0.2)) await this.#enterValue(tube);
      if (this.#chance.happens(0.5)) await this.#release();
      if (this.#chance.happens(0.5)) await this.#sign();
      if (this.#chance.happens(0.3)) await this.#correct();
    } catch (error) {
      if (!(error instanceof StationGone)) throw error;
    }
  }

  /**
   * Ends the amendment of what was signed here and lost against another station: what stands now is corrected where it is signed, and signed here.
   * @returns whether it was; a person may have to do something else first
   */
  async signNext(requisition: string): Promise<boolean> {
    const standing = async () =>
      (await this.#station.find('reports', { requisition: { $eq: requisition } })).filter(
        (one) => one.current,
      );
    for (const one of await standing()) if (one.state === 'signed') await this.#amendOne(one.id);
    const [next] = await standing();
    return next?.state === 'waiting' && (await this.#signOne(next));
  }

  async #act(): Promise<void> {
    const what = this.#chance.whole(1, 100);
    if (what <= 6) await this.#order();
    else if (what <= 22) await this.#draw();
    else if (what <= 40) await this.#receive();
    else if (what <= 62) await this.#enter();
    else if (what <= 75) await this.#release();
    else if (what <= 85) await this.#sign();
    else if (what <= 88) await this.#correct();
    else if (what <= 91) await this.#amend();
    else if (what <= 94) await this.#reject();
    else if (what <= 96) await this.#cancel();
    else await this.#edit();
  }

  async #do<N extends CommandName>(
    name: N,
    args: CommandInput<N>,
    facts: (value: CommandResult<N>) => Omit<Fact, 'station' | 'command'>[],
  ): Promise<CommandResult<N> | undefined> {
    const { code } = this.#station;
    try {
      const value = await this.#station.command(name, args);
      for (const fact of facts(value)) this.#ledger.facts.push({ station: code, command: name, ...fact });
      add(this.#ledger.done, name);
      return value;
    } catch (error) {
      if (error instanceof StationGone) {
        this.#ledger.unanswered += 1;
        throw error;
      }
      if (!(error instanceof Refused)) throw error;
      add(this.#ledger.refused, `${name} ${error.code}`);
      if (error.code === 'internal' || error.code === 'thrown') throw error;
      return undefined;
    }
  }

  /** Documents of the requisitions everybody works on. */
  async #shareds<C extends 'orders' | 'specimens' | 'reports'>(collection: C): Promise<DocOf<C>[]> {
    const found: DocOf<C>[] = [];
    for (const requisition of this.#shared)
      found.push(...(await this.#station.find(collection, { requisition: { $eq: requisition } })));
    return found;
  }

  /** Their results; these are found by the number of their specimen. */
  async #results(): Promise<DocOf<'results'>[]> {
    const found: DocOf<'results'>[] = [];
    for (const { accessionIdentifier } of await this.#shareds('specimens'))
      found.push(
        ...(await this.#station.find('results', { accessionIdentifier: { $eq: accessionIdentifier } })),
      );
    return found;
  }

  async #order(): Promise<void> {
    const identifier = `P${randomUUID().slice(0, 8)}`;
    const registered = await this.#do(
      'patient.register',
      {
        identifier,
        familyName: 'Farrell',
        givenName: 'Noor',
        sex: 'female',
        birthDate: '1961-05-12',
        ward: 'W3',
      },
      ({ patientId }) => [{ collection: 'patients', docId: patientId }],
    );
    if (registered === undefined) return;
    const catalogCodes = [this.#chance.one(panels) ?? 'K'];
    await this.#do(
      'order.enter',
      { patientId: registered.patientId, catalogCodes, priority: 'routine', requester: 'Dr Lund' },
      ({ orderIds }) => orderIds.map((docId) => ({ collection: 'orders', docId })),
    );
  }

  async #draw(one = this.#chance.one([...this.#shared])): Promise<void> {
    if (one === undefined || (await this.#station.find('orders', { requisition: { $eq: one } })).length === 0)
      return;
    await this.#do(
      'accession.draw',
      { requisition: one, collector: 'K. Obi', collectedTime: new Date().toISOString() },
      ({ specimenIds }) => specimenIds.map((docId) => ({ collection: 'specimens', docId })),
    );
  }

  async #receive(): Promise<void> {
    const open = (await this.#shareds('specimens')).filter((one) => one.status === 'expected');
    const one = this.#chance.one(open);
    if (one !== undefined) await this.#receiveOne(one.accessionIdentifier);
  }

  async #receiveOne(accessionIdentifier: string): Promise<void> {
    await this.#do('accession.receive', { accessionIdentifier }, ({ specimenId }) => [
      {
        collection: 'specimens',
        docId: specimenId,
        wrong: (doc) =>
          doc.status === 'received' || doc.status === 'rejected' ? undefined : `it is ${doc.status} again`,
      },
    ]);
  }

  async #enter(): Promise<void> {
    const tubes = (await this.#shareds('specimens')).filter((one) => one.status === 'received');
    const one = this.#chance.one(tubes);
    const testCode = this.#chance.one(one?.testCodes ?? []);
    if (one !== undefined && testCode !== undefined)
      await this.#enterValue({ accessionIdentifier: one.accessionIdentifier, testCode });
  }

  async #enterValue({ accessionIdentifier, testCode }: Tube): Promise<void> {
    const valueText = `${this.#chance.whole(3, 6)}.${this.#chance.whole(0, 9)}0`;
    await this.#do('result.enter', { accessionIdentifier, testCode, valueText }, ({ resultId }) => [
      {
        collection: 'results',
        docId: resultId,
        wrong: (doc) => {
          const { text } = doc.value as { text: string };
          return text === valueText ? undefined : `it says ${text}, ${valueText} was entered`;
        },
      },
    ]);
  }

  async #release(): Promise<void> {
    const open = (await this.#results()).filter(
      (one) => one.current && (one.verdict === 'held' || one.verdict === 'ready'),
    );
    const one = this.#chance.one(open);
    if (one === undefined) return;
    const resultIds = open.filter((r) => r.requisition === one.requisition).map((r) => r.id);
    await this.#do('result.release', { resultIds, comment: 'Checked.' }, ({ released }) =>
      released.map((docId) => ({
        collection: 'results',
        docId,
        wrong: (doc) =>
          doc.verdict === 'released' || doc.current === false ? undefined : `it is ${doc.verdict} again`,
      })),
    );
  }

  async #sign(): Promise<void> {
    const ready = (await this.#shareds('reports')).filter((one) => one.current && one.state === 'waiting');
    const one = this.#chance.one(ready);
    if (one !== undefined) await this.#signOne(one);
  }

  /** @returns whether it is signed */
  async #signOne(one: DocOf<'reports'>): Promise<boolean> {
    const [detail] = await this.#station.rows('signout.case', { reportId: one.id });
    if (detail === undefined) return false;
    for (const result of detail.results.filter((r) => r.call === 'due'))
      await this.#do('result.recordCall', { resultId: result.id, to: 'Ward 3', readBack: true }, () => []);
    const { contentHash } = detail;
    const signed = await this.#do(
      'report.sign',
      { reportId: one.id, pin: DEMO_PIN, meaning: 'I approve this report', contentHash },
      () => [{ collection: 'reports', docId: one.id }],
    );
    if (signed === undefined) return false;
    const { issuedTime } = signed;
    const { id: reportId, requisition } = one;
    this.#ledger.signed.push({ station: this.#station.code, reportId, requisition, contentHash, issuedTime });
    return true;
  }

  async #correct(): Promise<void> {
    const released = (await this.#results()).filter((one) => one.current && one.verdict === 'released');
    const one = this.#chance.one(released);
    if (one === undefined) return;
    const valueText = `${this.#chance.whole(3, 6)}.${this.#chance.whole(0, 9)}5`;
    await this.#do(
      'result.correct',
      { resultId: one.id, valueText, reason: 'Wrong tube read' },
      ({ resultId }) => [{ collection: 'results', docId: resultId }],
    );
  }

  async #amend(): Promise<void> {
    const signed = (await this.#shareds('reports')).filter((one) => one.current && one.state === 'signed');
    const one = this.#chance.one(signed);
    if (one !== undefined) await this.#amendOne(one.id);
  }

  async #amendOne(signedId: string): Promise<void> {
    await this.#do('report.amend', { reportId: signedId, reason: 'Ward asked' }, ({ reportId }) => [
      { collection: 'reports', docId: reportId },
    ]);
  }

  async #reject(): Promise<void> {
    const tubes = (await this.#shareds('specimens')).filter((one) => one.status !== 'rejected');
    const one = this.#chance.one(tubes);
    if (one === undefined) return;
    await this.#do('accession.reject', { specimenId: one.id, conditionCode: 'RH', text: 'Hemolysed' }, () => [
      {
        collection: 'specimens',
        docId: one.id,
        wrong: (doc) => (doc.status === 'rejected' ? undefined : `it is ${doc.status} again`),
      },
    ]);
  }

  async #cancel(): Promise<void> {
    const open = (await this.#shareds('orders')).filter((one) => one.status === 'active');
    const one = this.#chance.one(open);
    if (one === undefined) return;
    await this.#do('order.cancel', { orderId: one.id, reason: 'Ward asked' }, () => [
      {
        collection: 'orders',
        docId: one.id,
        wrong: (doc) => (doc.status === 'revoked' ? undefined : `it is ${doc.status} again`),
      },
    ]);
  }

  async #edit(): Promise<void> {
    const patients = await this.#station.find('patients');
    const one = this.#chance.one(patients.filter((p) => p.mergedInto === ''));
    if (one === undefined) return;
    const field = this.#chance.one(['ward', 'givenName', 'birthDate']) ?? 'ward';
    const value =
      field === 'birthDate'
        ? `19${this.#chance.whole(30, 99)}-03-07`
        : `${field} ${this.#chance.whole(1, 99)}`;
    await this.#station.editPatient(one.id, { [field]: value });
    add(this.#ledger.done, 'patient edited');
    this.#ledger.facts.push({
      station: this.#station.code,
      command: 'patient edited',
      collection: 'patients',
      docId: one.id,
    });
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
