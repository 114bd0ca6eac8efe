/** People at work while the engine dies under them: they look at lists and give the commands a bench gives, all by chance. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Reader } from '../../main/engine/store/store.ts';
import type { CommandInput, CommandName, CommandResult } from '../../shared/ipc/contract.ts';
import { DEMO_PIN, DEMO_SECRET } from '../sim/demo-people.ts';
import type { Chance } from './chance.ts';
import { type ChildClient, EngineGone } from './engine-child.ts';
import type { Moments } from './moments.ts';
import type { Surroundings } from './surroundings.ts';

/** What must be in the store because a command was answered `done`. */
export interface Promised {
  command: CommandName;
  /** What is wrong with it, undefined when it is there. */
  missing(reader: PromiseReader): Promise<string | undefined>;
}

export type PromiseReader = Reader & {
  readAttachment(collection: 'reports', id: string, name: string): Promise<Uint8Array | undefined>;
};

/** What the people of a run have been promised, and what they were refused. */
export interface Ledger {
  promised: Promised[];
  /** Refusals by code: they are part of the work, but `internal` never is. */
  refused: Map<string, number>;
  /** Commands whose answer never came. */
  unanswered: number;
}

type Facts<N extends CommandName> = (
  value: CommandResult<N>,
) => (reader: PromiseReader) => Promise<string | undefined>;

const panels = ['LYTES', 'RENAL', 'LIVER', 'THYROID', 'FBC', 'COAG'];

/** What the patients registered here are known by. */
export const PATIENT_DATA = /Farrell|CR[0-9a-f]{8}/;

/** Somebody at a window. One thing at a time, until told to stop. */
export class Person {
  readonly #client: ChildClient;
  readonly #chance: Chance;
  readonly #around: Surroundings;
  readonly #ledger: Ledger;
  readonly #moments: Moments;

  constructor(client: ChildClient, chance: Chance, around: Surroundings, ledger: Ledger, moments: Moments) {
    this.#client = client;
    this.#chance = chance;
    this.#around = around;
    this.#ledger = ledger;
    this.#moments = moments;
  }

  signIn(username: string): Promise<unknown> {
    return this.#client.command('access.signIn', { username, secret: DEMO_SECRET });
  }

  /** Works until `stopped` says so or the engine is gone. */
  async work(as: 'bench' | 'pathologist', stopped: () => boolean): Promise<void> {
    try {
      while (!stopped()) {
        await (as === 'bench' ? this.#bench() : this.#pathologist());
        await pause(this.#chance.whole(0, 30));
      }
    } catch (error) {
      if (!(error instanceof EngineGone)) throw error;
    }
  }

  async #do<N extends CommandName>(
    name: N,
    args: CommandInput<N>,
    facts: Facts<N>,
  ): Promise<CommandResult<N> | undefined> {
    this.#moments.tell('command');
    try {
      const value = await this.#client.command(name, args);
      this.#ledger.promised.push({ command: name, missing: facts(value) });
      this.#moments.tell('answer');
      return value;
    } catch (error) {
      if (error instanceof EngineGone) {
        this.#ledger.unanswered += 1;
        throw error;
      }
      const code = (error as { code?: string }).code ?? 'unknown';
      this.#ledger.refused.set(`${name} ${code}`, (this.#ledger.refused.get(`${name} ${code}`) ?? 0) + 1);
      return undefined;
    }
  }

  async #bench(): Promise<void> {
    const what = this.#chance.whole(1, 100);
    if (what <= 25) await this.#order();
    else if (what <= 50) await this.#drawOrReceive();
    else if (what <= 65) await this.#load();
    else if (what <= 72) await this.#enter();
    else if (what <= 80) await this.#exception();
    else if (what <= 90) this.#odd();
    else await this.#rerun();
  }

  async #order(): Promise<void> {
    const identifier = `CR${randomUUID().slice(0, 8)}`;
    const registered = await this.#do(
      'patient.register',
      {
        identifier,
        familyName: 'Farrell',
        givenName: 'Noor',
        sex: this.#chance.happens(0.5) ? 'female' : 'male',
        birthDate: `19${this.#chance.whole(40, 99)}-0${this.#chance.whole(1, 9)}-1${this.#chance.whole(0, 9)}`,
        ward: 'Ward 3',
      },
      ({ patientId }) =>
        async (reader) =>
          (await reader.get('patients', patientId))?.identifier === identifier ? undefined : patientId,
    );
    if (registered === undefined) return;
    const codes = [this.#chance.one(panels)!, this.#chance.one(panels)!];
    const catalogCodes = [...new Set(codes)];
    await this.#do(
      'order.enter',
      { patientId: registered.patientId, catalogCodes, priority: 'routine', requester: 'Dr Lund' },
      ({ requisition, orderIds }) =>
        async (reader) => {
          const orders = await reader.getMany('orders', orderIds);
          const same = orders.filter((order) => order.requisition === requisition);
          return same.length === catalogCodes.length ? undefined : requisition;
        },
    );
  }

  async #drawOrReceive(): Promise<void> {
    const open = await this.#client.rows('accession.open', {});
    const one = this.#chance.one(open);
    if (one === undefined) return;
    const [row] = await this.#client.rows('accession.requisition', { scanned: one.requisition });
    if (row === undefined) return;
    if (row.tubes.some((tube) => tube.status === 'planned')) {
      await this.#do(
        'accession.draw',
        { requisition: row.requisition, collector: 'K. Obi', collectedTime: new Date().toISOString() },
        ({ specimenIds }) =>
          async (reader) => {
            const found = await reader.getMany('specimens', specimenIds);
            return found.length === specimenIds.length ? undefined : row.requisition;
          },
      );
      return;
    }
    for (const tube of row.tubes.filter((t) => t.status === 'expected')) {
      const number = tube.accessionIdentifier;
      await this.#do(
        'accession.receive',
        { accessionIdentifier: number },
        ({ specimenId }) =>
          async (reader) => {
            const specimen = await reader.get('specimens', specimenId);
            return specimen?.status === 'received' && specimen.receivedTime !== '' ? undefined : number;
          },
      );
    }
  }

  async #load(): Promise<void> {
    const waiting = await this.#client.rows('worklist.list', { filter: 'waiting' });
    const one = this.#chance.one(waiting);
    if (one === undefined) return;
    for (const id of one.instruments)
      this.#around.load(id.slice(id.indexOf('.') + 1), one.accessionIdentifier);
  }

  async #enter(): Promise<void> {
    const waiting = await this.#client.rows('worklist.list', { filter: 'waiting' });
    const one = this.#chance.one(waiting);
    const test = this.#chance.one(one?.tests.filter((t) => t.state === 'waiting') ?? []);
    if (one === undefined || test === undefined) return;
    const valueText = `${this.#chance.whole(1, 300)}.${this.#chance.whole(0, 9)}`;
    await this.#do(
      'result.enter',
      { accessionIdentifier: one.accessionIdentifier, testCode: test.code, valueText },
      ({ resultId }) =>
        async (reader) =>
          (await reader.get('results', resultId))?.value.text === valueText ? undefined : resultId,
    );
  }

  /** Specimens nobody knows, codes nobody mapped, controls. */
  #odd(): void {
    const id = this.#chance.one([...this.#around.analysers.keys()])!;
    const kind = this.#chance.whole(1, 3);
    if (kind === 1) this.#around.control(id);
    else if (kind === 2)
      this.#around.load(id, `NOSUCH${this.#chance.whole(1, 9_999)}`, ['Na', 'K', 'WBC', 'PT']);
    else this.#around.load(id, `ODD${this.#chance.whole(1, 9_999)}`, ['ZZ1', 'ZZ2']);
  }

  async #exception(): Promise<void> {
    const one = this.#chance.one(await this.#client.rows('exceptions.list', { status: 'open' }));
    if (one === undefined) return;
    const taskId = one.id;
    if (one.reason === 'unknownTest' && this.#chance.happens(0.3)) {
      await this.#do('exception.map', { taskId, testCode: 'NA' }, () => async (reader) => {
        const instrument = await reader.get('instruments', one.instrumentId);
        const mapped = instrument?.overlay.tests.find((test) => test.code === one.sentTest);
        return mapped?.test === 'NA' ? undefined : taskId;
      });
      return;
    }
    if (this.#chance.happens(0.5)) {
      const [specimen] = await this.#client.rows('accession.received', {});
      if (specimen === undefined) return;
      await this.#do(
        'exception.match',
        { taskId, accessionIdentifier: specimen.accessionIdentifier },
        () => async (reader) => ((await reader.get('tasks', taskId))?.specimenId === '' ? taskId : undefined),
      );
      return;
    }
    await this.#do(
      'exception.reject',
      { taskId, reason: 'Not ours' },
      () => async (reader) =>
        (await reader.get('tasks', taskId))?.status === 'rejected' ? undefined : taskId,
    );
  }

  async #rerun(): Promise<void> {
    const one = this.#chance.one(await this.#client.rows('results.list', { filter: 'toDecide' }));
    if (one === undefined || one.instrumentId === '') return;
    const done = await this.#do(
      'result.rerun',
      { resultIds: [one.id] },
      ({ taskId }) =>
        async (reader) =>
          (await reader.get('tasks', taskId))?.kind === 'rerun' ? undefined : taskId,
    );
    if (done === undefined) return;
    const analyser = one.instrumentId.slice(one.instrumentId.indexOf('.') + 1);
    this.#around.load(analyser, one.accessionIdentifier);
  }

  async #pathologist(): Promise<void> {
    const what = this.#chance.whole(1, 100);
    if (what <= 55) await this.#release();
    else if (what <= 92) await this.#sign();
    else await this.#correct();
  }

  async #release(): Promise<void> {
    const rows = await this.#client.rows('results.list', { filter: 'toDecide' });
    const one = this.#chance.one(rows);
    if (one === undefined) return;
    const resultIds = rows.filter((row) => row.specimenId === one.specimenId).map((row) => row.id);
    await this.#do('result.release', { resultIds, comment: 'Checked.' }, ({ released }) => async (reader) => {
      const results = await reader.getMany('results', released);
      const good = results.filter((r) => r.verdict === 'released' && r.verifiedBy !== '');
      return good.length === released.length ? undefined : released.join(' ');
    });
  }

  async #sign(): Promise<void> {
    const one = this.#chance.one(await this.#client.rows('signout.cases', { filter: 'waiting' }));
    if (one === undefined) return;
    const reportId = one.id;
    const [detail] = await this.#client.rows('signout.case', { reportId });
    if (detail === undefined) return;
    const calls = (await this.#client.rows('tasks.list', { status: 'open' })).filter(
      (task) => task.kind === 'criticalCall' && detail.results.some((r) => r.id === task.resultId),
    );
    for (const { resultId } of calls) {
      await this.#do(
        'result.recordCall',
        { resultId, to: 'Ward 3, Sr Kelly', readBack: true },
        () => async (reader) => {
          const selector = { sourceKey: { $eq: `call:${resultId}` } };
          return (await reader.find('tasks', { selector }))[0]?.status === 'done' ? undefined : resultId;
        },
      );
    }
    await this.#do(
      'report.sign',
      { reportId, pin: DEMO_PIN, meaning: 'I approve this report', contentHash: detail.contentHash },
      ({ issuedTime }) =>
        async (reader) => {
          const report = await reader.get('reports', reportId);
          const pdf = await reader.readAttachment('reports', reportId, 'report.pdf');
          const whole =
            report?.state === 'signed' &&
            report.issuedTime === issuedTime &&
            report.signature?.contentHash === detail.contentHash;
          return whole && pdf !== undefined ? undefined : reportId;
        },
    );
  }

  async #correct(): Promise<void> {
    const one = this.#chance.one(await this.#client.rows('results.list', { filter: 'released' }));
    if (one === undefined) return;
    const valueText = `${this.#chance.whole(1, 300)}`;
    await this.#do(
      'result.correct',
      { resultId: one.id, valueText, reason: 'Wrong tube read' },
      ({ resultId }) =>
        async (reader) => {
          const result = await reader.get('results', resultId);
          return result?.value.text === valueText && result.replacesId === one.id ? undefined : resultId;
        },
    );
  }
}
