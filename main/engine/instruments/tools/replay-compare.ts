/** Compares what a replay reads with what is stored of it. Reads only. */
import { createHash } from 'node:crypto';
import type { ControlDoc, ResultDoc, TaskDoc } from '../../../../shared/documents/index.ts';
import { namesAnotherPatient } from '../../../../shared/domain/identity.ts';
import type { ReplayOutcome, ReplayRow, ReplaySide } from '../../../../shared/ipc/tools-line.ts';
import type { CanonicalResult } from '../../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { specimenByNumber } from '../../accession-search.ts';
import type { Bench } from '../../bench.ts';
import { orderFor, standingResult } from '../../results/find.ts';
import { asDecided, controlHold, holdText, isDecided, looksLikeControl, mappingHold } from '../holding.ts';
import { flagsOf, wasPreliminary } from '../known.ts';
import { formerKey, measurementKey, type Source } from '../measurement.ts';
import { readReceived } from '../reading.ts';
import type { ReplayedMessage } from './replay-link.ts';

/** What is stored of the messages of a replay, by message number. */
export interface StoredOf {
  results: readonly ResultDoc[];
  controls: readonly ControlDoc[];
  tasks: readonly TaskDoc[];
}

type Compared = Omit<ReplayRow, 'id'>;

/** What one replayed message would become, each result beside what is stored of it; then what is stored and was not found again. */
export async function compareMessage(
  bench: Bench,
  instrumentId: string,
  profile: Profile,
  { number, message }: ReplayedMessage,
  stored: StoredOf,
): Promise<Compared[]> {
  const messageDigest = message.firstVersion ?? createHash('sha256').update(message.text).digest('hex');
  const source: Source = { instrumentId, messageId: number, messageDigest };
  const rows: Compared[] = [];
  const found = new Set<string>();
  let whole = false;
  for (const one of readReceived(message, profile, bench.station.timeZone)) {
    const holds = one.problems.filter((problem) => problem.severity === 'hold');
    whole ||= holds.length > 0 && one.results.length === 0 && one.queries.length === 0;
    for (const result of one.results) {
      const read = { ...result, problems: [...holds, ...result.problems] };
      const keys = [measurementKey(source, read), formerKey(source, read)];
      const before = await storedOf(bench, keys, number, read);
      for (const id of before?.ids ?? []) found.add(id);
      rows.push(await compared(bench, number, message.at, read, before));
    }
  }
  for (const lost of [...stored.results, ...stored.controls]) {
    if (found.has(lost.id)) continue;
    rows.push({
      messageNumber: number,
      at: message.at,
      specimen: 'accessionIdentifier' in lost ? lost.accessionIdentifier : lost.material,
      sentCode: '',
      outcome: 'lost',
      control: !('accessionIdentifier' in lost),
      before: docSide(lost),
      after: null,
      differs: [],
    });
  }
  for (const task of stored.tasks) {
    const result = task.payload.result as CanonicalResult | undefined;
    // An exception for the whole message stands while the message cannot be read.
    if (found.has(task.id) || (result === undefined && whole)) continue;
    rows.push({
      messageNumber: number,
      at: message.at,
      specimen: task.sentSpecimen,
      sentCode: task.sentTest,
      outcome: 'lost',
      control: result?.isQc ?? false,
      before: taskSide(task, result),
      after: null,
      differs: [],
    });
  }
  return rows;
}

interface Before {
  side: ReplaySide;
  control: boolean;
  ids: string[];
  task: TaskDoc | null;
}

/** What is stored of a measurement: its result or control, or the exception that holds it. */
async function storedOf(
  bench: Bench,
  keys: readonly string[],
  number: string,
  read: CanonicalResult,
): Promise<Before | null> {
  const tasks: TaskDoc[] = [];
  const docs: (ResultDoc | ControlDoc)[] = [];
  for (const key of keys) {
    const by = { selector: { sourceKey: { $eq: key } } };
    tasks.push(...(await bench.store.find('tasks', by)));
    docs.push(...(await bench.store.find('results', by)), ...(await bench.store.find('controls', by)));
  }
  const ids = [...docs, ...tasks].filter((one) => one.messageId === number).map((one) => one.id);
  const ours = docs.filter((doc) => doc.messageId === number);
  // Another message of the same measurement with other content is held beside the result of the first.
  const task =
    ours.length > 0
      ? undefined
      : (tasks.find((one) => one.messageId === number && one.sentValue === read.sent.text) ??
        (docs.length > 0 ? undefined : tasks[0]));
  if (task !== undefined) {
    const doc = task.resultId === '' ? undefined : await bench.store.get('results', task.resultId);
    if (doc !== undefined) return { side: docSide(doc), control: false, ids: [...ids, doc.id], task };
    return {
      side: taskSide(task, task.payload.result as CanonicalResult | undefined),
      control: false,
      ids,
      task,
    };
  }
  const doc = ours.at(-1) ?? docs.at(-1);
  if (doc === undefined) return null;
  const decided = tasks.find((one) => isDecided(one) && one.sentValue === read.sent.text) ?? null;
  return { side: docSide(doc), control: !('accessionIdentifier' in doc), ids, task: decided };
}

function docSide(doc: ResultDoc | ControlDoc): ReplaySide {
  const isResult = 'accessionIdentifier' in doc;
  return {
    testCode: doc.testCode,
    value: doc.value.text,
    unit: doc.value.unit,
    flags: isResult ? doc.flags.join(' ') : '',
    status: isResult && wasPreliminary(doc) ? 'preliminary' : 'final',
    held: '',
  };
}

function taskSide(task: TaskDoc, result: CanonicalResult | undefined): ReplaySide {
  const ended = task.status === 'open' ? '' : ` (${task.resolution})`;
  return {
    testCode: result?.testCode ?? '',
    value: result?.value.text ?? task.sentValue,
    unit: result?.value.unit ?? task.sentUnit,
    flags: result === undefined ? '' : flagsOf(result).join(' '),
    status: result === undefined ? '' : statusText(result),
    held: `${holdText(task.reason)}${ended}`,
  };
}

/** A corrected result counts as final: what is stored does not tell them apart. */
function statusText({ status }: CanonicalResult): string {
  return status === 'corrected' ? 'final' : (status ?? '');
}

async function compared(
  bench: Bench,
  number: string,
  at: string,
  read: CanonicalResult,
  before: Before | null,
): Promise<Compared> {
  const posted = before !== null && before.side.held === '';
  const task = before?.task ?? null;
  const { isQc } = task === null ? read : asDecided(task, read);
  const uncertain = isDecided(task) ? undefined : await controlHold(bench, bench.store, read);
  const unfinished = isQc && read.status === 'preliminary' ? 'preliminaryControl' : undefined;
  const mapping = mappingHold(bench, read) ?? uncertain ?? unfinished;
  // What is posted already has had its specimen and order; asking again would find its own result in the way.
  const held = mapping ?? (posted || isQc ? undefined : await recordsHold(bench, read, task));
  const after: ReplaySide = {
    testCode: read.testCode ?? '',
    value: read.value.text,
    unit: read.value.unit,
    flags: isQc ? '' : flagsOf(read).join(' '),
    status: isQc ? 'final' : statusText(read),
    held: held === undefined ? '' : holdText(held),
  };
  const differs = before === null ? [] : differences(before, after, isQc);
  return {
    messageNumber: number,
    at,
    specimen: read.specimenId ?? read.sent.specimen ?? '',
    sentCode: read.instrumentCode,
    outcome: outcomeOf(before, after, differs),
    control: isQc,
    before: before?.side ?? null,
    after,
    differs,
  };
}

function differences(before: Before, after: ReplaySide, control: boolean): string[] {
  const { side } = before;
  const bothHeld = side.held !== '' && after.held !== '';
  const pairs: [string, boolean][] = [
    ['test', side.testCode !== after.testCode],
    ['value', side.value !== after.value],
    ['unit', side.unit !== after.unit],
    ['flag', side.flags !== after.flags],
    ['status', side.status !== after.status],
    ['control', side.held === '' && before.control !== control],
    ['held', bothHeld ? !side.held.startsWith(after.held) : side.held !== after.held],
  ];
  return pairs.filter(([, differs]) => differs).map(([name]) => name);
}

function outcomeOf(before: Before | null, after: ReplaySide, differs: readonly string[]): ReplayOutcome {
  if (before === null) return 'new';
  if (before.side.held !== '' && after.held === '') return 'wouldPost';
  if (before.side.held === '' && after.held !== '') return 'wouldHold';
  return differs.length === 0 ? 'same' : 'changed';
}

/** What this station's records hold a result for that the mapping lets pass: as in posting, in its order. */
async function recordsHold(
  bench: Bench,
  read: CanonicalResult,
  task: TaskDoc | null,
): Promise<string | undefined> {
  const named = (task?.payload.specimenId as string | undefined) ?? read.specimenId;
  const specimen = named === null ? undefined : await specimenByNumber(bench.store, named);
  const patient = specimen === undefined ? undefined : await bench.store.get('patients', specimen.patientId);
  if (specimen === undefined || patient === undefined)
    return looksLikeControl(read) ? 'qcNotRecognised' : 'unknownSpecimen';
  const decided = task?.payload.specimenId !== undefined;
  const own = [specimen.accessionIdentifier, specimen.requisition];
  if (!decided && namesAnotherPatient(read.patient, patient, own)) return 'otherPatient';
  if (specimen.status === 'rejected') return 'specimenRejected';
  if (specimen.status === 'expected') return 'notReceived';
  const code = read.testCode ?? '';
  if ((await orderFor(bench.store, specimen, code)) === undefined) return 'notOrdered';
  const standing = await standingResult(bench.store, specimen.accessionIdentifier, code);
  if (standing?.verdict === 'released') return 'alreadyReleased';
  return task?.reason === 'otherContent' ? 'otherContent' : undefined;
}
