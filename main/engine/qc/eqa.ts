/** Events of proficiency testing: each a setting of its own, shared with the other stations, and how they come out. */
import { z } from 'zod';
import { readDecimal } from '../../../shared/domain/qc/decimal.ts';
import {
  type EqaGrade,
  eqaStateOf,
  gradeEqa,
  scoreEqa,
  unsuccessful,
} from '../../../shared/domain/qc/eqa.ts';
import { planOf } from '../../../shared/domain/qc/plan.ts';
import type { EqaEventRow, EqaItemRow, EqaScoreRow } from '../../../shared/ipc/eqa.ts';
import { type Bench, type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { localDay } from '../local-time.ts';
import { contentHash } from '../output/content-hash.ts';
import { putShared, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';
import { qcPlan } from './plan.ts';

const Item = z.object({
  specimen: z.string(),
  testCode: z.string(),
  text: z.string(),
  source: z.enum(['measured', 'typed', '']),
  /** result it was taken from; empty: typed */
  resultId: z.string(),
  by: z.string(),
  at: z.string(),
  target: z
    .object({
      mean: z.number(),
      sd: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    })
    .nullable(),
  totalErrorAllowed: z.number().nullable(),
});
export type EqaItem = z.infer<typeof Item>;

/** Shape of an event. */
export const EqaEvent = z.object({
  id: z.string(),
  scheme: z.string(),
  name: z.string(),
  dueOn: z.string(),
  items: z.array(Item),
  submitted: z.object({ by: z.string(), at: z.string(), meaning: z.string(), hash: z.string() }).nullable(),
  outcomeBy: z.string(),
  outcomeTime: z.string(),
  /** when scheme, name, day, specimens and tests were last set; empty: before that was kept */
  savedTime: z.string().default(''),
});
/** An event as it is stored. People by name: it is read at other stations. */
export type EqaEvent = z.infer<typeof EqaEvent>;

/** Begin of the names of the settings that hold events. */
export const EQA_PREFIX = 'qc.eqa.';
/** What is left of an id for the event's own. */
const OWN = 28;

/** Id of a new event, from a document's id. */
export function eqaIdOf(newId: string): string {
  return newId.replaceAll('-', '').slice(-OWN);
}

const emptyItem = { text: '', source: '' as const, resultId: '', by: '', at: '' };

/** An item that nothing is known of yet. */
export function newItem(specimen: string, testCode: string): EqaItem {
  return { specimen, testCode, ...emptyItem, target: null, totalErrorAllowed: null };
}

/** All events, as they are stored. */
export async function eqaEvents(reader: Reader): Promise<EqaEvent[]> {
  const found = await reader.find('settings', {
    selector: { id: { $gte: EQA_PREFIX, $lt: `${EQA_PREFIX}\uffff` } },
  });
  return found.flatMap(({ value }) => EqaEvent.safeParse(value).data ?? []);
}

/** One event. @throws LeveyError `qc.unknownEvent` */
export async function eqaEvent(reader: Reader, id: string): Promise<EqaEvent> {
  const found = EqaEvent.safeParse(await readSetting(reader, EQA_PREFIX + id));
  if (!found.success)
    throw refuse(
      'qc.unknownEvent',
      'This proficiency testing event is not on this station.',
      'Look it up again.',
    );
  return found.data;
}

/** Writes an event; other stations see it. */
export async function putEqaEvent(unit: Writer, at: string, event: EqaEvent): Promise<void> {
  await putShared(unit, at, EQA_PREFIX + event.id, event);
}

/** What a submission is bound to: the event and its results, nothing that comes later (C4). */
export function eqaHash({ scheme, name, items }: EqaEvent): string {
  return contentHash({
    ...{ scheme, name },
    items: items.map(({ specimen, testCode, text, source }) => ({ specimen, testCode, text, source })),
  });
}

/** The number of a submitted text; null for none, and for one such as `< 5`, which no limit can judge. */
function numberOf(text: string): number | null {
  const plain = text.trim().replace(/^(-?\d*),(\d+)$/, '$1.$2');
  return plain === '' || readDecimal(plain) === null ? null : Number(plain);
}

function gradeOf({ text, target, totalErrorAllowed }: EqaItem): EqaGrade | null {
  if (target === null) return null;
  const result = numberOf(text);
  if (text.trim() !== '' && result === null)
    return {
      ...{ outcome: 'ungraded', sdi: null, bias: null },
      text: `“${text}” is no number that limits can judge.`,
    };
  return gradeEqa(result, target, totalErrorAllowed);
}

const isGraded = (event: EqaEvent): boolean =>
  event.submitted !== null && event.items.length > 0 && event.items.every((one) => one.target !== null);

const testsOf = (event: EqaEvent): string[] => [...new Set(event.items.map((one) => one.testCode))];

function outcomeOf(event: EqaEvent, testCode: string): ReturnType<typeof scoreEqa> {
  const grades = event.items.filter((one) => one.testCode === testCode).map(gradeOf);
  return scoreEqa(grades.flatMap((grade) => (grade === null ? [] : [grade.outcome])));
}

/** Events as a person sees them: what is due first, then what has ended, newest first. */
export function eqaRows(bench: Bench, events: readonly EqaEvent[], at: string): EqaEventRow[] {
  const today = localDay(bench.station.timeZone, new Date(at));
  const named = (code: string): string => bench.catalog.test(code)?.name ?? code;
  const rows = events.map((event): EqaEventRow => {
    const gradedTime = isGraded(event) ? event.outcomeTime : '';
    const items = event.items.map(
      ({ resultId: _, ...one }): EqaItemRow => ({
        ...one,
        testName: named(one.testCode),
        unit: bench.catalog.test(one.testCode)?.unit ?? '',
        grade: gradeOf({ resultId: '', ...one }),
      }),
    );
    return {
      ...{ id: event.id, scheme: event.scheme, name: event.name, dueOn: event.dueOn, items },
      state: eqaStateOf({ dueOn: event.dueOn, submittedTime: event.submitted?.at ?? '', gradedTime }, today),
      specimens: [...new Set(items.map((one) => one.specimen))],
      tests: testsOf(event),
      missing: items.filter((one) => one.text === '').length,
      submitted:
        event.submitted === null
          ? null
          : { ...event.submitted, holds: event.submitted.hash === eqaHash(event) },
      ...{ outcomeBy: event.outcomeBy, outcomeTime: event.outcomeTime },
      scores:
        gradedTime === '' ? [] : testsOf(event).map((code) => scoreRow(events, event, code, named(code))),
    };
  });
  const ended = (row: EqaEventRow): number =>
    row.state === 'graded' ? 2 : row.state === 'submitted' ? 1 : 0;
  return rows.sort(
    (a, b) =>
      ended(a) - ended(b) ||
      (ended(a) === 0 ? a.dueOn.localeCompare(b.dueOn) : b.dueOn.localeCompare(a.dueOn)) ||
      a.id.localeCompare(b.id),
  );
}

/** A test's score, and whether it and the scheme's events before it are an unsuccessful performance. */
function scoreRow(
  events: readonly EqaEvent[],
  event: EqaEvent,
  testCode: string,
  testName: string,
): EqaScoreRow {
  const history = events
    .filter((one) => one.scheme === event.scheme && one.dueOn <= event.dueOn && isGraded(one))
    .filter((one) => testsOf(one).includes(testCode))
    .toSorted(
      (a, b) => a.dueOn.localeCompare(b.dueOn) || Number(a.id === event.id) - Number(b.id === event.id),
    )
    .map((one) => outcomeOf(one, testCode).outcome);
  const { score, outcome } = outcomeOf(event, testCode);
  return {
    testCode,
    testName,
    score,
    outcome,
    unsuccessful: outcome === 'unsatisfactory' && unsuccessful(history),
  };
}

/** One result of an event. @throws LeveyError `qc.unknownEvent` */
export function itemOf(event: EqaEvent, specimen: string, testCode: string): EqaItem {
  const found = event.items.find((one) => one.specimen === specimen && one.testCode === testCode);
  if (found !== undefined) return found;
  throw refuse(
    'qc.unknownEvent',
    `${specimen} with ${testCode} is no part of ${event.scheme} ${event.name}.`,
    'Look it up again.',
  );
}

/** The event with another state of one of its results. */
export const withItem = (event: EqaEvent, next: EqaItem): EqaEvent => ({
  ...event,
  items: event.items.map((one) =>
    one.specimen === next.specimen && one.testCode === next.testCode ? next : one,
  ),
});

/** What a scheme says of one result, as texts: mean, SD and limits in the test's unit; empty where it says none. */
export interface EqaOutcome {
  specimen: string;
  testCode: string;
  mean: string;
  sd: string;
  low: string;
  high: string;
}

/** The event with what the scheme says of one of its results, and the total error that is allowed today. */
export async function withOutcome(
  call: Call,
  reader: Reader,
  event: EqaEvent,
  { specimen, testCode, mean, sd, low, high }: EqaOutcome,
): Promise<EqaEvent> {
  if (event.submitted === null)
    throw refuse(
      'qc.notSubmitted',
      `The results of ${event.scheme} ${event.name} have not been submitted.`,
      'Submit them first: a target that is known before says nothing about them.',
    );
  const item = itemOf(event, specimen, testCode);
  const number = (text: string): number | null => (text === '' ? null : Number(text));
  const { totalErrorAllowed } = planOf(await qcPlan(reader), testCode, '');
  const target = { mean: Number(mean), sd: number(sd), low: number(low), high: number(high) };
  return {
    ...withItem(event, { ...item, target, totalErrorAllowed }),
    outcomeBy: person(call).name,
    outcomeTime: call.at,
  };
}
