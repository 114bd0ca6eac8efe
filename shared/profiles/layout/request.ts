/** Requests for orders in blocks of fixed places (see `StreamOrders` of the profile's schema). Pure. */
import type { CanonicalQuery, InterpretProblem } from '../canonical.ts';
import type { StreamProfile } from '../profile.ts';
import type { Line } from './lines.ts';

/** Key of {@link CanonicalQuery.echo} under which the part of the request stands that the answer repeats. */
export const REPEATED = 'head';

/**
 * The request a block makes; null when blocks of this kind are none. One that names no specimen, or is shorter than the profile says, is a request all
 * the same: it is answered that there is nothing to do, with the reason among its problems.
 * @param kind the block's kind, without spaces around it
 */
export function requestOf(line: Line, kind: string | null, profile: StreamProfile): CanonicalQuery | null {
  const { orders } = profile;
  if (orders === null || kind === null || !orders.ask.includes(kind)) return null;
  const part = ({ at, length }: { at: number; length: number }): string =>
    line.text.slice(at - 1, at - 1 + length);
  const { specimen, echo } = orders;
  const whole = Math.max(specimen.at + specimen.length, echo.at + echo.length) - 1;
  const named = part(specimen).trim();
  const problems: InterpretProblem[] = [];
  const hold = (code: InterpretProblem['code'], text: string): void => {
    problems.push({ code, severity: 'hold', text, record: line.number - 1 });
  };
  if (line.text.length < whole)
    hold('structure', `The request has ${line.text.length} bytes; the profile expects ${whole}.`);
  else if (named === '') hold('noSpecimen', 'The request names no specimen.');
  return {
    specimenIds: named === '' || problems.length > 0 ? [] : [named],
    all: false,
    cancel: false,
    tests: [],
    echo: { [REPEATED]: part(echo) },
    record: line.number - 1,
    problems,
  };
}
