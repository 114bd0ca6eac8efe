import type { LotDoc, QcTarget } from '../../../shared/documents/lot.ts';
import type { Store } from '../store/store.ts';
import { analysersElsewhere } from './analysers.ts';
import { PatientCounts } from './patients.ts';

/** The lots of control material in memory, read again whenever they change: every control and every gate asks them. */
export class QcLots {
  #lots: LotDoc[] = [];
  #bySentName = new Map<string, LotDoc[]>();
  #version = 0;
  #store: Store | undefined;
  #patients: Promise<PatientCounts> | undefined;
  /** IANA zone of the bench: shifts are local times of day */
  readonly timeZone: string;

  constructor(timeZone = 'UTC') {
    this.timeZone = timeZone;
  }

  /** Grows with every reading: what was concluded from an earlier one may be wrong. */
  get version(): number {
    return this.#version;
  }

  /** Reads all lots. */
  async load(store: Store): Promise<void> {
    this.#store = store;
    const elsewhere = await analysersElsewhere(store);
    const found = await store.find('lots', { selector: {} });
    // A target for an analyser by its id at another station is one for it here.
    this.#lots = found.map((lot) => ({
      ...lot,
      targets: lot.targets.map((one) => ({
        ...one,
        instrumentId: elsewhere[one.instrumentId] ?? one.instrumentId,
      })),
    }));
    this.#version += 1;
    this.#bySentName = new Map();
    for (const lot of this.#lots) {
      if (lot.state === 'ended') continue;
      for (const name of lot.sentAs) this.#bySentName.set(name, [...(this.#bySentName.get(name) ?? []), lot]);
    }
  }

  /** How many patient results of a test on an instrument were committed after an instant, of the last two days. */
  async patientsSince(instrumentId: string, testCode: string, at: string, now: string): Promise<number> {
    if (this.#store === undefined) return 0;
    this.#patients ??= PatientCounts.open(this.#store, now);
    return (await this.#patients).since(instrumentId, testCode, at);
  }

  all(): readonly LotDoc[] {
    return this.#lots;
  }

  byId(id: string): LotDoc | undefined {
    return this.#lots.find((lot) => lot.id === id);
  }

  /**
   * The lot an instrument means by a name, and by the lot number where it sends one: exact, among lots in use. Without a number, and where a
   * current and a parallel lot share a name, the current one. Undefined when none or several are meant, or the number is another: a new lot must
   * never be judged by the targets of the old one.
   */
  named(sent: string, sentLot = ''): LotDoc | undefined {
    const all = this.#bySentName.get(sent) ?? [];
    const found = sentLot === '' ? all : all.filter((lot) => lot.lot === sentLot);
    if (found.length < 2) return found[0];
    const current = found.filter((lot) => lot.state === 'current');
    return current.length === 1 ? current[0] : undefined;
  }

  /** Whether a lot in use is sent by this name. */
  knows(sent: string): boolean {
    return this.#bySentName.has(sent);
  }

  /** Current lots that have an approved target for a test on an instrument: the levels the gate asks for (W13). */
  required(testCode: string, instrumentId: string, at: string): { lot: LotDoc; target: QcTarget }[] {
    return this.#lots.flatMap((lot) => {
      const target = lot.state === 'current' ? targetOf(lot, testCode, instrumentId, at) : undefined;
      return target === undefined ? [] : [{ lot, target }];
    });
  }
}

/**
 * The target a point posted at an instant is judged by (W11, W14): the latest approved one that held then, one for this instrument before one
 * for every instrument.
 */
export function targetOf(
  lot: LotDoc,
  testCode: string,
  instrumentId: string,
  at: string,
): QcTarget | undefined {
  const fitting = lot.targets
    .filter((target) => target.testCode === testCode && target.approvedBy !== '' && target.fromTime <= at)
    .filter((target) => target.instrumentId === '' || target.instrumentId === instrumentId);
  const own = fitting.filter((target) => target.instrumentId !== '');
  return (own.length > 0 ? own : fitting).reduce<QcTarget | undefined>(
    (latest, one) => (latest === undefined || one.fromTime >= latest.fromTime ? one : latest),
    undefined,
  );
}

/** Last instant at which a lot may be used: its last day, or the end of the open vial's time; '' = no limit is known. */
export function usableUntil(lot: LotDoc): string {
  const expiry = lot.expiresOn === '' ? '' : `${lot.expiresOn}T23:59:59.999Z`;
  if (lot.openedTime === '' || lot.openStabilityHours === null) return expiry;
  const open = new Date(Date.parse(lot.openedTime) + lot.openStabilityHours * 3_600_000).toISOString();
  return expiry === '' || open < expiry ? open : expiry;
}
