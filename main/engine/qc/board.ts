import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { GateOutcome } from '../../../shared/domain/qc/gate.ts';
import type { Bench } from '../bench.ts';
import type { DocChange } from '../store/store.ts';
import { gateWith } from './gate.ts';

/** How a test stands on an instrument: its gate, and the controls it was judged from, in the order of runs. */
export interface Standing {
  instrumentId: string;
  instrumentName: string;
  testCode: string;
  gate: GateOutcome;
  controls: readonly ControlDoc[];
}

interface Kept {
  standing: Standing;
  lots: number;
  /** every patient result may change it */
  counted: boolean;
  /** the gate is the same until this instant: the next control falls due, or the override ends */
  until: string;
}

/**
 * The gates of every test on every instrument, in memory: a gate is judged again when a control, a lot or a setting changed, or when its time is
 * over, and not at every look. The top strip and the list of today look at it with every commit.
 */
export class QcBoard {
  readonly #bench: Bench;
  readonly #kept = new Map<string, Kept>();
  #changes = 0;

  constructor(bench: Bench) {
    this.#bench = bench;
    bench.store.onChanges((changes) => this.#follow(changes));
  }

  /** Every test with a control required on an instrument at an instant (W13), by instrument and test code. */
  async standings(at: string): Promise<Standing[]> {
    const { instruments, catalog } = this.#bench;
    const measures = instruments.measures();
    const found: Standing[] = [];
    for (const line of instruments.lines()) {
      for (const testCode of measures.get(line.id) ?? []) {
        if (catalog.test(testCode) === undefined) continue;
        const standing = await this.#standing(line, testCode, at);
        if (standing.gate.state !== 'none') found.push(standing);
      }
    }
    return found;
  }

  async #standing(line: { id: string; name: string }, testCode: string, at: string): Promise<Standing> {
    const { store, qcLots } = this.#bench;
    const key = `${line.id} ${testCode}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.lots === qcLots.version && (kept.until === '' || at < kept.until))
      return { ...kept.standing, instrumentName: line.name };
    const changes = this.#changes;
    const lots = qcLots.version;
    const { gate, controls, counted } = await gateWith(store, qcLots, line.id, testCode, at);
    const standing = { instrumentId: line.id, instrumentName: line.name, testCode, gate, controls };
    // What was committed while it was read may be missing: then it is read again the next time.
    if (changes === this.#changes)
      this.#kept.set(key, { standing, lots, counted, until: nextChange(gate, at) });
    return standing;
  }

  #follow(changes: readonly DocChange[]): void {
    for (const { collection, before, after } of changes) {
      if (collection === 'lots' || collection === 'settings') this.#kept.clear();
      else if (collection === 'results') {
        const key = `${after?.instrumentId} ${after?.testCode}`;
        if (before === undefined && this.#kept.get(key)?.counted === true) this.#kept.delete(key);
      } else if (collection === 'controls')
        for (const control of [before, after])
          if (control !== undefined) this.#kept.delete(`${control.instrumentId} ${control.testCode}`);
      if (collection === 'lots' || collection === 'settings' || collection === 'controls') this.#changes += 1;
    }
  }
}

/** The first instant after `at` at which a gate changes by itself; '' when it does not. */
function nextChange(gate: GateOutcome, at: string): string {
  const instants = gate.because.flatMap(({ inputs }) => [inputs.due, inputs.until]);
  return instants
    .filter((one): one is string => typeof one === 'string' && one > at)
    .reduce((first, one) => (first === '' || one < first ? one : first), '');
}

const boards = new WeakMap<Bench, QcBoard>();

/** The board of a bench, made at the first question. */
export function qcBoardOf(bench: Bench): QcBoard {
  let board = boards.get(bench);
  if (board === undefined) {
    board = new QcBoard(bench);
    boards.set(bench, board);
  }
  return board;
}
