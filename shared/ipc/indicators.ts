/** Quality indicators of the laboratory over a period (C6, CAP GEN.20316), each with the cases behind it. */
import { z } from 'zod';
import type { Spread } from '../domain/indicators.ts';
import type { ScreenTarget } from './screen-target.ts';
import { command, query } from './spec.ts';

/** What is measured. `contaminated` names what this station does not see: contaminated cultures. */
export const indicatorNames = [
  'rejected',
  'rejectedFor',
  'mislabelled',
  'cancelled',
  'collectedToIssued',
  'receivedToIssued',
  'callsInTime',
  'callsLate',
  'callsOpen',
  'corrected',
  'qcRejected',
  'qcOverridden',
  'contaminated',
] as const;
export type IndicatorName = (typeof indicatorNames)[number];

/** One figure. Shares have `count` of `all`; durations have a `spread` in minutes. */
export interface IndicatorRow {
  id: string;
  name: IndicatorName;
  /** v2-0490 code of `rejectedFor`; priority of a duration; empty: all of it */
  detail: string;
  /** false: it is not measured here, and says so */
  measured: boolean;
  /** cases behind the figure */
  count: number;
  /** of so many; 0 for durations */
  all: number;
  /** count / all; null when there was nothing to count, and for durations */
  rate: number | null;
  /** null for shares */
  spread: Spread | null;
  /** durations that lack one end, or end before they begin: counted, never guessed */
  unknown: number;
}

/** A case behind a figure. */
export interface IndicatorCaseRow {
  id: string;
  /** instant it happened at */
  at: string;
  /** accession number, requisition, or test and instrument */
  what: string;
  /** empty for controls */
  patientName: string;
  /** what was found, in words */
  text: string;
  /** of durations and calls; null otherwise, and while a call is open */
  minutes: number | null;
  /** where its record is shown */
  go: ScreenTarget;
}

/** Longest period, days. */
export const INDICATOR_DAYS = 366;

/** Cases listed at most: of durations the longest. */
export const INDICATOR_CASES = 500;

/** Minutes within which a critical value is called, until the laboratory sets its own limit. */
export const CALL_WITHIN_MINUTES = 30;

/** Limit of a critical call, minutes, up to a day. */
export const CallWithin = z.number().int().min(1).max(1_440);

const period = {
  /** first and last local day, `YYYY-MM-DD` */
  from: z.iso.date(),
  to: z.iso.date(),
  /** when a person asked, epoch ms: asking again counts again */
  asked: z.number().int().nonnegative().default(0),
  /** limit of a critical call, minutes; the laboratory's own unless another is given */
  callWithin: CallWithin.optional(),
};

const whole = (one: { from: string; to: string }): boolean =>
  one.from <= one.to && (Date.parse(one.to) - Date.parse(one.from)) / 86_400_000 < INDICATOR_DAYS;
const LIMITS = 'from one day to a later one, at most a year';

export const indicatorCommands = {
  /** The figures of a period as PDF in base64. It names no patient. */
  'indicators.pdf': command<{ pdf: string; name: string }>()(
    z.object(period).refine(whole, LIMITS),
    'signedIn',
  ),
} as const;

export const indicatorQueries = {
  /** Asked once, when a person looks: it does not run again by itself. */
  indicators: query<IndicatorRow>()(z.object(period).refine(whole, LIMITS), 'signedIn'),
  'indicators.cases': query<IndicatorCaseRow>()(
    z.object({ ...period, name: z.enum(indicatorNames), detail: z.string().max(16) }).refine(whole, LIMITS),
    'signedIn',
  ),
} as const;
