import type { CsvRow } from '../../../shared/domain/qc/csv.ts';
import type { Writer } from '../store/store.ts';
import { type EqaEvent, type EqaOutcome, eqaEvents, putEqaEvent, withOutcome } from './eqa.ts';
import { decimal, each, keyOf, type Plan, type Reading } from './import-read.ts';

/** What a scheme says of the results that were submitted to it: each line names event, specimen and test. Known: what stands there already. */
export async function planEqa(reading: Reading, unit: Writer, rows: CsvRow[]): Promise<Plan> {
  const events = await eqaEvents(unit);
  const key = keyOf('scheme', 'event', 'specimen', 'test');
  const read = each(reading, rows, key, ({ values }, problem): { id: string; outcome: EqaOutcome } | null => {
    const named = (name: string): string => (values[name] ?? '').trim();
    const event = events.find((one) => one.scheme === named('scheme') && one.name === named('event'));
    if (event === undefined) return problem(`${named('scheme')} ${named('event')} is no event here.`);
    if (event.submitted === null)
      return problem(`The results of ${event.scheme} ${event.name} have not been submitted.`);
    const [specimen, testCode] = [named('specimen'), named('test')];
    if (!event.items.some((one) => one.specimen === specimen && one.testCode === testCode))
      return problem(`${specimen} with ${testCode} is no part of ${event.scheme} ${event.name}.`);
    const mean = decimal(named('mean'));
    if (mean === null) return problem(`The mean “${named('mean')}” is not a number.`);
    const texts: Record<'sd' | 'low' | 'high', string> = { sd: '', low: '', high: '' };
    for (const name of ['sd', 'low', 'high'] as const) {
      if (named(name) === '') continue;
      const number = decimal(named(name));
      if (number === null) return problem(`${name} “${named(name)}” is not a number.`);
      texts[name] = number;
    }
    if ((texts.low === '') !== (texts.high === ''))
      return problem('A lower limit needs an upper one, and the other way round.');
    if (texts.low !== '' && Number(texts.low) > Number(texts.high))
      return problem('The lower limit lies above the upper one.');
    return { id: event.id, outcome: { specimen, testCode, mean, ...texts } };
  });
  const changed = new Map<string, EqaEvent>();
  let taken = 0;
  for (const { value } of read) {
    const before = changed.get(value.id) ?? events.find((one) => one.id === value.id);
    if (before === undefined) continue;
    const after = await withOutcome(reading.call, unit, before, value.outcome);
    if (JSON.stringify(after.items) === JSON.stringify(before.items)) continue;
    taken += 1;
    changed.set(value.id, after);
  }
  return {
    taken,
    known: read.length - taken,
    write: async () => {
      for (const event of changed.values()) await putEqaEvent(unit, reading.call.at, event);
    },
  };
}
