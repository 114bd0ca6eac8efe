/** What an instrument says of orders it was given (ORL^O34, ORR^O02, a refused message): refusals become exceptions that a person sees. */
import { createHash } from 'node:crypto';
import type { SpecimenDoc, TaskDoc } from '../../../../shared/documents/index.ts';
import { newTask } from '../../../../shared/documents/task.ts';
import { formatAccession } from '../../../../shared/domain/accession-number.ts';
import type { OrderOutcome } from '../../../../shared/profiles/canonical.ts';
import { testOfPlacer } from '../../../../shared/profiles/orders/order.ts';
import { specimenByNumber } from '../../accession-search.ts';
import type { Bench } from '../../bench.ts';
import type { Writer } from '../../store/store.ts';
import { putTold, readTold } from './told.ts';

/** An order that an instrument does not take. */
export interface Refusal {
  instrumentId: string;
  /** journal message of the answer; '' when it has none */
  messageId: string;
  /** the number as the instrument has it */
  sentSpecimen: string;
  specimen: SpecimenDoc | undefined;
  /** our codes; empty: the whole specimen */
  tests: readonly string[];
  /** the instrument's words */
  text: string;
}

/**
 * Records the answers to orders, within a unit of work: an order that was told unasked is marked as refused, and every refusal opens one exception.
 * A repeated answer has no second effect.
 */
export async function recordOutcomes(
  bench: Bench,
  unit: Writer,
  at: string,
  from: { instrumentId: string; messageId: string },
  outcomes: readonly OrderOutcome[],
): Promise<void> {
  for (const outcome of outcomes) {
    if (outcome.taken) continue;
    const number = outcome.specimenId || (outcome.placer.split('.')[0] ?? '');
    const specimen = number === '' ? undefined : await specimenByNumber(unit, number);
    const test = specimen === undefined ? null : testOfPlacer(specimen.accessionIdentifier, outcome.placer);
    const tests =
      specimen === undefined || test === null || test === ''
        ? []
        : await orderedAs(unit, from.instrumentId, specimen, test);
    if (specimen !== undefined) await markRefused(unit, at, from.instrumentId, specimen, tests, outcome.text);
    await openRefusal(bench, unit, at, {
      ...from,
      sentSpecimen: number,
      specimen,
      tests,
      text: outcome.text,
    });
  }
}

/** The tests that were ordered by the same code as this one: they share its placer number. */
async function orderedAs(
  unit: Writer,
  instrumentId: string,
  specimen: SpecimenDoc,
  test: string,
): Promise<string[]> {
  const { tests } = await readTold(unit, instrumentId, specimen);
  const code = tests.find((one) => one.test === test)?.code;
  const alike = tests.filter((one) => one.code === code).map((one) => one.test);
  return [...new Set([test, ...alike])];
}

/** Marks what the instrument was told as refused; `tests` empty: all of it that is on its way. */
export async function markRefused(
  unit: Writer,
  at: string,
  instrumentId: string,
  specimen: SpecimenDoc,
  tests: readonly string[],
  text: string,
): Promise<void> {
  const told = await readTold(unit, instrumentId, specimen);
  const meant = (test: string) => tests.length === 0 || tests.includes(test);
  if (!told.tests.some((one) => meant(one.test) && one.state !== 'refused')) return;
  const marked = told.tests.map((one) =>
    meant(one.test) ? { ...one, state: 'refused' as const, text } : one,
  );
  await putTold(unit, at, { ...told, tests: marked });
}

/** Opens the exception of a refusal, unless the same one is open already. */
export async function openRefusal(bench: Bench, unit: Writer, at: string, refusal: Refusal): Promise<void> {
  const { instrumentId, messageId, sentSpecimen, specimen, tests, text } = refusal;
  const parts = [instrumentId, 'order', specimen?.id ?? sentSpecimen, tests, text];
  const sourceKey = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const known = await unit.find('tasks', { selector: { sourceKey: { $eq: sourceKey } } });
  if (known.some((task) => task.status === 'open' || (messageId !== '' && task.messageId === messageId)))
    return;
  if (specimen !== undefined && (await isShown(unit, instrumentId, specimen, tests))) return;
  const what = tests.length === 0 ? 'all tests' : tests.join(' ');
  const task: TaskDoc = newTask(bench.newId(), at, 'exception', {
    reason: 'orderRefused',
    summary: `${what} of ${formatAccession(sentSpecimen)}: order refused: ${text}`.slice(0, 400),
    instrumentId,
    messageId,
    sentTest: tests.join(' '),
    sentSpecimen,
    sentValue: text.slice(0, 400),
    patientId: specimen?.patientId ?? '',
    specimenId: specimen?.id ?? '',
    payload: { order: { tests: [...tests], text } },
    sourceKey,
  });
  unit.put('tasks', task);
}

/** An open exception says so of one of these tests already: a refusal comes as an answer to the message and as its content. */
async function isShown(
  unit: Writer,
  instrumentId: string,
  specimen: SpecimenDoc,
  tests: readonly string[],
): Promise<boolean> {
  const open = await unit.find('tasks', { selector: { specimenId: { $eq: specimen.id } } });
  return open.some((task) => {
    if (task.status !== 'open' || task.reason !== 'orderRefused' || task.instrumentId !== instrumentId)
      return false;
    const before = task.sentTest.split(' ').filter(Boolean);
    return before.length === 0 || tests.length === 0 || tests.every((test) => before.includes(test));
  });
}

/** Lets a refused order be told again, within a unit of work: the change of the exception wakes the download. */
export async function tellAgain(unit: Writer, at: string, task: TaskDoc): Promise<void> {
  const specimen = task.specimenId === '' ? undefined : await unit.get('specimens', task.specimenId);
  if (specimen === undefined) return;
  const told = await readTold(unit, task.instrumentId, specimen);
  const rest = told.tests.filter((one) => one.state !== 'refused');
  if (rest.length < told.tests.length) await putTold(unit, at, { ...told, tests: rest });
}
