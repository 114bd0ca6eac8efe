import type { ReportDoc } from '../../../shared/documents/report.ts';
import { toPlainError } from '../../../shared/errors.ts';
import { type OutReport, reportMessage } from '../../../shared/hospital/results-out.ts';
import { type EncodedHl7, encodeHl7 } from '../../../shared/protocols/hl7/encode.ts';
import { formatHl7Time } from '../../../shared/protocols/hl7/times.ts';
import { type AnswerRules, VERSIONS } from '../../../shared/protocols/mllp/answer.ts';
import type { StationHospital } from '../../../shared/station/schema.ts';
import type { Bench } from '../bench.ts';
import type { ReceivedMessage, SendResult } from '../instruments/link/ports.ts';
import { startOfLocalDay, utcOffsetMinutes } from '../local-time.ts';
import { setProblem } from '../problems.ts';
import { laboratoryOf } from '../results/report-content.ts';
import { recordsOf } from '../results/report-state.ts';
import type { Writer } from '../store/store.ts';
import { newException, sourceKeyOf } from './hold.ts';
import { HospitalLine } from './line.ts';
import { linkOfOrder } from './links.ts';
import {
  controlIdOf,
  DELIVERY,
  type Delivery,
  deliveredSince,
  noneWaits,
  putDelivery,
  readDelivery,
  waitingReports,
} from './outbox.ts';

/** The peer only answers here. */
const RESULT_RULES: AnswerRules = {
  acknowledge: 'asAsked',
  supported: { types: ['ACK'], versions: VERSIONS, processingIds: ['P', 'T', 'D'] },
  responds: [],
};

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Name of the signed report's attachment, as the signature writes it. */
const REPORT_PDF = 'report.pdf';

type Ended = 'ended' | 'later';

/** The line on which signed reports go out, one at a time, in the order they were signed. */
export class ResultsLine {
  readonly line: HospitalLine;
  readonly #bench: Bench;
  readonly #config: StationHospital;
  readonly #results: NonNullable<StationHospital['results']>;
  #queue: string[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;
  #pause = FIRST_PAUSE_MS;
  #cancelPause: () => void = () => {};
  #unfollow: () => void = () => {};
  /** journal row of what went out last */
  #sent: { controlId: string; seq: Promise<number> } | null = null;

  constructor(
    bench: Bench,
    id: string,
    config: StationHospital,
    results: NonNullable<StationHospital['results']>,
  ) {
    this.#bench = bench;
    this.#config = config;
    this.#results = results;
    this.line = new HospitalLine(bench, {
      id,
      name: 'HIS results',
      peer: config.receiver.application || 'Hospital system',
      transport: results.transport,
      rules: RESULT_RULES,
      ackMs: results.answerSeconds * 1_000,
      onMessage: (message) => this.#message(message),
      onState: ({ peer }) => {
        if (peer !== '') this.#wake();
      },
      onSent: (note, seq) => {
        const [, controlId] = /^(?:send|resend): (.*)$/.exec(note) ?? [];
        if (controlId !== undefined) this.#sent = { controlId, seq };
      },
    });
  }

  /** Opens the line and sends what waits, from an earlier run too. */
  async start(): Promise<void> {
    this.#unfollow = this.#bench.store.onChanges((changes) => {
      for (const change of changes) {
        if (change.collection !== 'settings' || !change.id.startsWith(DELIVERY)) continue;
        const delivery = change.after?.value as Delivery | undefined;
        if (delivery?.state === 'queued' && !this.#queue.includes(delivery.reportId)) {
          this.#queue.push(delivery.reportId);
          this.#wake();
        }
      }
    });
    const { clock, station, store } = this.#bench;
    this.line.count(await deliveredSince(store, startOfLocalDay(station.timeZone, clock.now())));
    await this.line.start();
    const waiting = await waitingReports(this.#bench.store);
    this.#queue = [...waiting, ...this.#queue.filter((id) => !waiting.includes(id))];
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unfollow();
    this.#cancelPause();
    await this.line.stop();
    await this.#running;
  }

  async switch(on: boolean): Promise<void> {
    await this.line.switch(on);
    if (on) this.#wake();
  }

  /** Reports that wait, the one on its way among them. */
  get waiting(): number {
    return this.#queue.length;
  }

  #wake(): void {
    this.#cancelPause();
    if (this.#stopped || !this.line.on || this.#running !== null || this.#queue.length === 0) return;
    this.#running = this.#pump()
      .catch((error: unknown) => {
        this.#bench.log.error('hospital.failed', { line: this.line.id, what: toPlainError(error).what });
        return 'later' as const;
      })
      .then((ended) => {
        this.#running = null;
        if (this.#stopped || !this.line.on) return;
        if (ended === 'later') {
          this.#cancelPause = this.#bench.timers.set(this.#pause, () => this.#wake());
          this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
        } else this.#wake();
      });
  }

  async #pump(): Promise<Ended> {
    for (let id = this.#queue[0]; id !== undefined && !this.#stopped && this.line.on; id = this.#queue[0]) {
      let ended: Ended;
      try {
        ended = await this.#deliver(id);
        setProblem(this.#bench, `posting:${this.line.id}`, null);
      } catch (error) {
        setProblem(this.#bench, `posting:${this.line.id}`, error);
        throw error;
      }
      if (ended === 'later') return 'later';
      this.#pause = FIRST_PAUSE_MS;
      this.#queue.shift();
    }
    return 'ended';
  }

  async #deliver(reportId: string): Promise<Ended> {
    const { store } = this.#bench;
    const delivery = await readDelivery(store, reportId);
    const report = await store.get('reports', reportId);
    if (delivery?.state !== 'queued' || report === undefined) return 'ended';
    const controlId = controlIdOf(delivery);
    const encoded = await this.#encode(report, delivery, controlId);
    if (typeof encoded === 'string') {
      await this.#answered(report, delivery, 'refused', encoded);
      return 'ended';
    }
    const result = await this.line.send(encoded.bytes);
    const state = stateOf(result);
    if (state === 'later') return 'later';
    await this.#answered(report, delivery, state, wordsOf(result));
    return 'ended';
  }

  /** The message, or why it cannot be sent. */
  async #encode(report: ReportDoc, delivery: Delivery, controlId: string): Promise<EncodedHl7 | string> {
    const out = await this.#report(report, delivery, controlId);
    if (out === undefined) return 'The patient of this report is not on this station.';
    const encoded = encodeHl7(reportMessage(out), { charset: this.#config.charset });
    const lost = [...new Set(encoded.lost.flatMap((one) => one.characters))];
    // M6: a name with question marks in it is another name.
    if (lost.length === 0) return encoded;
    return `The character set ${this.#config.charset} of this line cannot write ${lost.join(' ')}.`;
  }

  async #report(report: ReportDoc, delivery: Delivery, controlId: string): Promise<OutReport | undefined> {
    const bench = this.#bench;
    const { store } = bench;
    const patient = await store.get('patients', report.patientId);
    if (patient === undefined) return undefined;
    const { orders, specimens, results } = await recordsOf(store, report.requisition);
    const replaced = report.replacesId === '' ? undefined : await store.get('reports', report.replacesId);
    const ids = results.flatMap((one) => [one.verifiedBy, one.operator, one.enteredBy]);
    const people = await store.getMany(
      'people',
      [...new Set([...ids, report.signature?.personId ?? ''])].filter(Boolean),
    );
    const pdf = this.#results.pdf ? await store.readAttachment('reports', report.id, REPORT_PDF) : undefined;
    const linked = [];
    for (const order of orders) linked.push({ order, link: await linkOfOrder(store, order.id) });
    return {
      rules: { ...this.#config, acknowledge: this.#results.acknowledge },
      controlId,
      at: delivery.queuedAt,
      report,
      replacedIds: replaced?.resultIds ?? [],
      patient,
      orders: linked,
      specimens,
      results,
      loinc: (code) => (bench.catalog.panel(code) ?? bench.catalog.test(code))?.loinc ?? '',
      names: new Map(people.map(({ id, username, name }) => [id, { username, name }])),
      laboratory: await laboratoryOf(bench, store),
      pdf: pdf === undefined ? undefined : Buffer.from(pdf).toString('base64'),
      time: (instant) => this.#time(instant),
    };
  }

  #time(instant: string): string {
    if (instant === '') return '';
    const at = new Date(instant);
    const offset = utcOffsetMinutes(this.#bench.station.timeZone, at);
    const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 19);
    return formatHl7Time(local, offset);
  }

  /** Keeps what the hospital said of a report; a refusal opens an exception, and nothing waits behind it. */
  async #answered(
    report: ReportDoc,
    delivery: Delivery,
    state: 'delivered' | 'refused',
    text: string,
  ): Promise<void> {
    const context = this.line.context();
    const sent = this.#sent?.controlId === controlIdOf(delivery) ? await this.#sent.seq.catch(() => 0) : 0;
    const last = this.#queue.length <= 1;
    await this.#bench.store.write(context, async (unit) => {
      await putDelivery(unit, context.at, { ...delivery, state, answeredAt: context.at, text });
      if (state === 'refused') await this.#refused(unit, context.at, report, delivery, text, sent);
      else if (last) await noneWaits(unit, context.at);
    });
    if (state === 'delivered') this.line.count(1);
    this.line.say(
      `report ${report.requisition} version ${report.version} ${state}${text === '' ? '' : `: ${text}`}`,
      state === 'delivered' ? 'ok' : 'bad',
    );
  }

  async #refused(
    unit: Writer,
    at: string,
    report: ReportDoc,
    delivery: Delivery,
    text: string,
    sent: number,
  ): Promise<void> {
    const sourceKey = sourceKeyOf(this.line.id, 'report', `${report.id} ${delivery.attempt}`);
    const known = await unit.find('tasks', { selector: { sourceKey: { $eq: sourceKey } }, limit: 1 });
    if (known.length > 0) return;
    unit.put('tasks', {
      ...newException(this.#bench, at, this.line.id, sourceKey),
      reason: 'hospitalRefused',
      summary: `Report ${report.requisition} version ${report.version} refused: ${text}`.slice(0, 400),
      sentSpecimen: report.requisition,
      sentValue: text.slice(0, 400),
      patientId: report.patientId,
      reportId: report.id,
      payload: { sentSeq: sent },
    });
  }

  /** Nothing but answers is awaited here; what else comes was refused by the session and is only marked as looked at. */
  async #message(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const { journal } = this.#bench.store;
    const id = String(message.journal.lastSeq);
    try {
      if (journal.message(id) === undefined) {
        journal.addMessage({
          id,
          instrumentId: this.line.id,
          ...message.journal,
          at: message.at,
          state: 'posted',
          told: message.told ?? 'refused',
          kind: 'hl7',
          digest: '',
          detail: null,
        });
      } else journal.markPosted(id, null);
      return 'stored';
    } catch {
      return 'failed';
    }
  }
}

/** CA in enhanced mode is enough; so is CA with the application acknowledgement missing. */
function stateOf({ outcome, reason }: SendResult): 'delivered' | 'refused' | 'later' {
  if (outcome === 'accepted' || reason === 'noResponse') return 'delivered';
  if (outcome === 'refused' || reason === 'unreadable') return 'refused';
  return 'later';
}

function wordsOf({ outcome, reason, text }: SendResult): string {
  if (outcome === 'accepted') return '';
  return text ?? (reason === 'noResponse' ? 'received, not answered' : (reason ?? ''));
}
