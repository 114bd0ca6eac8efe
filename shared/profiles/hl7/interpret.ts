/**
 * From a decoded HL7 message and a profile to canonical results, images, queries and answers to orders. Pure: every OBX gives a result, an image
 * or is counted among what the profile says is no result; what does not fit is held.
 */
import type { Hl7Message, Hl7Problem } from '../../protocols/hl7/message.ts';
import type {
  CanonicalImage,
  CanonicalResult,
  Interpretation,
  InterpretOptions,
  InterpretProblem,
} from '../canonical.ts';
import { numberReplicates, own } from '../measure.ts';
import type { Hl7Profile } from '../profile.ts';
import { holdsImage } from './image.ts';
import { ObservationReader } from './observation.ts';
import { readOutcomes } from './outcome.ts';
import { readQuery } from './query.ts';
import { MessageTimes } from './times.ts';
import { type OrderGroup, orderGroups } from './tree.ts';

/** What a message is for. */
type Purpose = 'results' | 'query' | 'outcome' | 'other' | 'unknown';

const RESULTS = new Set(['ORU', 'OUL']);
const OUTCOMES = new Set(['ORL', 'ORR', 'ORG', 'RRO']);
/** Acknowledgements, answers, and the state of the device itself: kept with the line, nothing to post. */
const OTHERS = new Set([
  'ACK',
  'MCF',
  'RSP',
  'QCK',
  'DSR',
  'ESU',
  'SSU',
  'SSR',
  'INU',
  'INR',
  'NMD',
  'TCU',
  'EAC',
  'EAR',
  'EAN',
  'LSU',
]);

/** Interprets one message. Never throws. */
export function interpretHl7(
  message: Hl7Message,
  profile: Hl7Profile,
  options: InterpretOptions = {},
): Interpretation {
  const times = new MessageTimes(message, options);
  const reader = new ObservationReader(message, profile, times);
  const { header } = message;
  const { groups, problems: misplaced } = orderGroups(message);
  const purpose = purposeOf(message);
  // Where a segment of a message about the device itself belongs is nothing to us, as long as it holds no observations.
  const says = purpose !== 'other' || groups.some((group) => group.observations.length > 0);
  const problems = messageProblems(message, says ? misplaced : []);
  const observed = readObservations(reader, groups, problems);
  const query = purpose === 'query' ? readQuery(message) : null;
  const orderOutcomes = purpose === 'outcome' ? readOutcomes(message) : [];
  problems.push(...structureProblems(message, purpose, groups, observed));
  const attached = new Set(observed.results.flatMap((one) => one.comments.map((comment) => comment.record)));
  return {
    sender: { name: header.value(3, 1), version: header.value(4, 1), serial: header.value(3, 2) },
    processing: message.processingId,
    sentAt: times.sent(),
    results: numberReplicates(observed.results),
    queries: query === null ? [] : [query],
    images: observed.images,
    orderOutcomes,
    leftOut: observed.leftOut,
    comments: message
      .all('NTE')
      .filter((note) => !attached.has(note.index))
      .map((note) => reader.comment(note)),
    problems,
  };
}

interface Observed {
  results: CanonicalResult[];
  images: CanonicalImage[];
  leftOut: number;
}

function readObservations(
  reader: ObservationReader,
  groups: readonly OrderGroup[],
  problems: InterpretProblem[],
): Observed {
  const observed: Observed = { results: [], images: [], leftOut: 0 };
  for (const group of groups) {
    for (const observation of group.observations) {
      if (holdsImage(observation.obx)) {
        const { image, fault } = reader.image(group, observation);
        observed.images.push(image);
        if (fault === '') continue;
        const text = `A picture cannot be read: ${fault}.`;
        problems.push({ code: 'structure', severity: 'notice', text, record: image.record });
      } else if (reader.isNoResult(group, observation)) observed.leftOut += 1;
      else observed.results.push(reader.result(group, observation));
    }
  }
  return observed;
}

function purposeOf(message: Hl7Message): Purpose {
  const { code } = message.type;
  if (RESULTS.has(code)) return 'results';
  if (code === 'QBP' || code === 'QRY' || code === 'ORM') return 'query';
  if (OUTCOMES.has(code)) return 'outcome';
  return OTHERS.has(code) ? 'other' : 'unknown';
}

/** What is wrong with the message as it was read, and what it says of itself. A fault may have changed a value: nothing of it is posted. */
function messageProblems(message: Hl7Message, misplaced: readonly Hl7Problem[]): InterpretProblem[] {
  const problems: InterpretProblem[] = [...message.problems, ...misplaced]
    .filter((problem) => problem.severity === 'fault')
    .map((problem) => ({
      code: problem.rule === 'M3' || problem.rule === 'M6' ? 'unparsable' : 'structure',
      severity: 'hold',
      text: problem.text,
      record: problem.segment,
    }));
  const mark = message.processingId.trim();
  if (!['', 'P', 'Q'].includes(mark)) {
    const marks: Record<string, string> = { T: 'training', D: 'debugging' };
    const text = `The message is marked as ${own(marks, mark) ?? 'something unknown'} (MSH-11 ${mark}).`;
    problems.push({ code: 'notProduction', severity: 'hold', text, record: 0 });
  }
  return problems;
}

/** M7: a message that is none we know, or that holds nothing where results must be, waits for a person. */
function structureProblems(
  message: Hl7Message,
  purpose: Purpose,
  groups: readonly OrderGroup[],
  observed: Observed,
): InterpretProblem[] {
  const hold = (text: string): InterpretProblem[] => [
    { code: 'structure', severity: 'hold', text, record: null },
  ];
  const { code, trigger } = message.type;
  const type = [code, trigger].filter(Boolean).join('^') || 'without a type';
  const found = observed.results.length + observed.images.length + observed.leftOut;
  if (purpose === 'unknown') return hold(`The message ${type} is none that an analyser sends here.`);
  if (purpose !== 'results') {
    return observed.results.length > 0 && purpose !== 'query' && purpose !== 'outcome'
      ? hold(`The message ${type} must not hold results.`)
      : [];
  }
  if (found === 0) return hold(`The message ${type} holds no result.`);
  const empty = groups.filter((group) => group.observations.length === 0).length;
  if (empty === 0) return [];
  const text = empty === 1 ? 'An order has no results.' : `${empty} orders have no results.`;
  return [{ code: 'structure', severity: 'notice', text, record: null }];
}
