/** What a message says with a mapping, for a person who edits it. Pure: it is read by the same door as one that comes from the line. */
import type { PreviewResult, PreviewRow } from '../../../../shared/ipc/tools.ts';
import type { CanonicalResult, InterpretProblem } from '../../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { readReceived } from '../reading.ts';
import { placesOf } from './places.ts';

/** Results shown at most. */
const MOST_RESULTS = 2_000;

export interface PreviewOptions {
  /** IANA zone of the bench */
  timeZone: string;
  /** Name of a catalogue test; empty when there is none. */
  testName(code: string): string;
}

/** @param message as it came, or the bytes alone of one or several that were pasted */
export function previewOf(
  message: Parameters<typeof readReceived>[0],
  profile: Profile,
  options: PreviewOptions,
): PreviewRow {
  const raw = toBinary(message.text);
  const found = readReceived(message, profile, options.timeZone);
  const places = placesOf(raw, profile.protocol);
  const results = found.flatMap((one, n) =>
    one.results.map((result, i) =>
      previewResult(`${n}.${i}`, result, places(n, result.records.result), options),
    ),
  );
  const problems = found.flatMap((one) => one.problems.map(said));
  const nothing = found.every((one) => one.results.length + one.queries.length + one.images.length === 0);
  return {
    id: 'preview',
    raw,
    messages: found.length,
    results: results.slice(0, MOST_RESULTS),
    queries: found.flatMap((one) =>
      one.queries.map(({ specimenIds, all, cancel, tests }) => ({
        specimens: specimenIds,
        all,
        cancel,
        tests,
      })),
    ),
    images: found.flatMap((one) =>
      one.images.map((image) => ({
        specimen: image.specimenId ?? '',
        title: image.title || image.code,
        contentType: image.contentType,
        bytes: Math.floor((image.data.length * 3) / 4),
      })),
    ),
    problems,
    unreadable: nothing ? problems.map(({ text }) => text).join(' ') || 'There is no result in it.' : '',
  };
}

function said(problem: InterpretProblem): { hold: boolean; text: string } {
  return { hold: problem.severity === 'hold', text: problem.text };
}

function previewResult(
  id: string,
  result: CanonicalResult,
  place: { from: number; to: number },
  options: PreviewOptions,
): PreviewResult {
  const testName = result.testCode === null ? '' : options.testName(result.testCode);
  const problems = result.problems.map(said);
  if (result.testCode !== null && testName === '')
    problems.push({ hold: true, text: `The catalogue has no test ${result.testCode}.` });
  return {
    id,
    specimen: result.specimenId ?? '',
    sentCode: result.instrumentCode,
    testCode: result.testCode ?? '',
    testName,
    sentValue: result.sent.text,
    sentUnit: result.sent.unit,
    value: result.value.text,
    unit: result.value.unit,
    flags: result.flags.map(({ code, meaning }) => ({
      code,
      text: meaning?.text ?? '',
      hold: meaning?.hold ?? true,
      known: meaning !== null,
    })),
    sentStatus: result.sentStatus,
    status: result.status ?? '',
    control: result.isQc,
    measuredAt: result.completedAt.instant ?? result.completedAt.text,
    problems,
    ...place,
  };
}
