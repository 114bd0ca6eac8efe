/** Steps that are counted over everything that comes, and what results of the test specimen say. Shared by all protocols. */
import { fromBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { readReceived } from '../../reading.ts';
import { TEST_SPECIMEN } from './order.ts';
import type { ProbeContext } from './part.ts';
import type { ProbeStep, StepLog } from './steps.ts';

/** Faults of one step shown with their bytes, and the most of each. */
const MOST_SHOWN = 5;
const MOST_BYTES = 2_000;

interface Count {
  good: number;
  bad: { text: string; bytes: Uint8Array }[];
}

/** How often each counted step went well, and what did not. */
export class Counted {
  readonly #counts = new Map<string, Count>();
  readonly #ids: readonly string[];

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** True once every step has ended that is not counted: the counted ones end with {@link end}. */
  settled(of: readonly ProbeStep[], steps: StepLog): boolean {
    return of.every(
      ({ id }) => this.#ids.includes(id) || !['waiting', 'running'].includes(steps.outcome(id)),
    );
  }

  good(id: string): void {
    this.#of(id).good += 1;
  }

  /** @param bytes as a binary string */
  bad(id: string, text: string, bytes: string): void {
    this.#of(id).bad.push({ text, bytes: fromBinary(bytes.slice(0, MOST_BYTES)) });
  }

  /** Ends the steps by what was counted. */
  end(steps: StepLog): void {
    for (const id of this.#ids) {
      const { good, bad } = this.#of(id);
      for (const { bytes } of bad.slice(0, MOST_SHOWN)) if (bytes.length > 0) steps.show(id, 'in', bytes);
      if (bad.length > 0)
        steps.end(id, 'fail', `${bad.length} of ${good + bad.length} not: ${bad[0]?.text}.`);
      else if (good > 0) steps.end(id, 'pass', `All ${good}.`);
      else steps.end(id, 'notApplicable', 'Nothing came.');
    }
  }

  #of(id: string): Count {
    const count = this.#counts.get(id) ?? { good: 0, bad: [] };
    this.#counts.set(id, count);
    return count;
  }
}

/** Ends the steps `query` and `results` by what a message says. True: it asks for work. */
export function judgeMessage(context: ProbeContext, text: Uint8Array): boolean {
  const { steps, profile, timeZone } = context;
  let asked = false;
  for (const one of readReceived({ text }, profile, timeZone)) {
    const fault = one.problems.find(({ severity }) => severity === 'hold');
    const asks = one.queries.find((query) => query.specimenIds.includes(TEST_SPECIMEN) || query.all);
    if (asks !== undefined) {
      asked = true;
      steps.show('query', 'in', text);
      const why = asks.problems.find(({ severity }) => severity === 'hold');
      if (why !== undefined) steps.end('query', 'fail', why.text);
      else steps.end('query', 'pass', `It asked for ${asks.all ? 'all work' : TEST_SPECIMEN}.`);
    }
    const results = one.results.filter((result) => result.specimenId === TEST_SPECIMEN);
    if (fault !== undefined) {
      steps.show('results', 'in', text);
      steps.end('results', 'fail', fault.text);
      continue;
    }
    if (results.length === 0) continue;
    steps.show('results', 'in', text);
    const held = results.flatMap(({ problems }) => problems.filter(({ severity }) => severity === 'hold'));
    const values = results
      .slice(0, 6)
      .map(({ instrumentCode, sent }) => `${instrumentCode} ${sent.text} ${sent.unit}`.trim());
    const said = `${results.length === 1 ? 'One result' : `${results.length} results`}: ${values.join(', ')}${results.length > 6 ? ' …' : ''}.`;
    if (held[0] === undefined) steps.end('results', 'pass', said);
    else steps.end('results', 'fail', `${said} ${held.length} of them would be held: ${held[0].text}`);
  }
  return asked;
}

/** Ends the steps `query` and `answer` of a device that does not ask, and begins them for one that does. */
export function beginQuery({ steps, profile }: ProbeContext): void {
  if (profile.capabilities.query) {
    steps.await('query', 'Waiting for the device.');
    return;
  }
  const text = 'The profile says that the device does not ask.';
  steps.end('query', 'notApplicable', text);
  steps.end('answer', 'notApplicable', text);
}
