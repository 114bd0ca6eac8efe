/** The steps of an active self-test: what each asks, how it ended, and the bytes that show it. */

import type { ProbeBytes, ProbeOutcome, ProbeStepRow } from '../../../../../shared/ipc/tools-probe.ts';
import { visible } from '../../../../../shared/protocols/astm/bytes.ts';

/** Bytes kept of one step, pieces, and of one piece, characters. */
const MOST_PIECES = 24;
const MOST_TEXT = 600;

export interface ProbeStep {
  id: string;
  /** `L3` */
  rule: string;
  title: string;
}

interface Kept extends ProbeStep {
  outcome: ProbeOutcome;
  text: string;
  bytes: ProbeBytes[];
}

export class StepLog {
  readonly #steps: Kept[];
  readonly #now: () => string;
  readonly #changed: () => void;
  /** steps whose bytes are being collected */
  readonly #open = new Set<string>();

  constructor(steps: readonly ProbeStep[], now: () => string, changed: () => void) {
    this.#steps = steps.map((step) => ({ ...step, outcome: 'waiting', text: '', bytes: [] }));
    this.#now = now;
    this.#changed = changed;
  }

  rows(): ProbeStepRow[] {
    return this.#steps.map((step) => ({ ...step, bytes: [...step.bytes] }));
  }

  outcome(id: string): ProbeOutcome {
    return this.#of(id).outcome;
  }

  /** It has begun: what goes over the wire is shown with it from now on. */
  begin(id: string, text = ''): void {
    if (this.await(id, text)) this.#open.add(id);
  }

  /** Something of the device is awaited for it; only what is {@link show}n belongs to it. False: it has ended. */
  await(id: string, text: string): boolean {
    const step = this.#of(id);
    if (step.outcome !== 'waiting' && step.outcome !== 'running') return false;
    step.outcome = 'running';
    if (text !== '') step.text = text;
    this.#changed();
    return true;
  }

  /** It has ended. What failed once stays failed. */
  end(id: string, outcome: 'pass' | 'fail' | 'notApplicable', text: string): void {
    const step = this.#of(id);
    if (step.outcome === 'fail') return;
    step.outcome = outcome;
    step.text = text;
    this.#open.delete(id);
    this.#changed();
  }

  /** Bytes that show a step, besides those that came while it ran. */
  show(id: string, direction: 'in' | 'out', bytes: Uint8Array): void {
    this.#keep(this.#of(id), direction, bytes, false);
  }

  /** Everything on the wire belongs to the steps that run. */
  wire(direction: 'in' | 'out', bytes: Uint8Array): void {
    for (const id of this.#open) this.#keep(this.#of(id), direction, bytes);
    if (this.#open.size > 0) this.#changed();
  }

  /** Ends every step that has not ended. */
  endAll(text: (step: ProbeStep, running: boolean) => string): void {
    for (const step of this.#steps)
      if (step.outcome === 'waiting' || step.outcome === 'running')
        this.end(step.id, 'notApplicable', text(step, step.outcome === 'running'));
  }

  #keep(step: Kept, direction: 'in' | 'out', bytes: Uint8Array, join = true): void {
    const text = visible(bytes);
    if (step.bytes.length >= MOST_PIECES) return;
    const last = step.bytes.at(-1);
    if (
      join &&
      last !== undefined &&
      last.direction === direction &&
      last.text.length + text.length <= MOST_TEXT
    )
      last.text += text;
    else
      step.bytes.push({
        id: String(step.bytes.length + 1),
        at: this.#now(),
        direction,
        text: text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text,
      });
  }

  #of(id: string): Kept {
    const step = this.#steps.find((one) => one.id === id);
    if (step === undefined) throw new Error(`no step ${id}`);
    return step;
  }
}
