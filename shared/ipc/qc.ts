/** Quality control: today's state, charts, lots and targets, review and sign-off. */
import { z } from 'zod';
import type { SyncState } from '../documents/common.ts';
import type { Interpretation } from '../documents/result.ts';
import type { LevelShift, LookBackWindow } from '../domain/qc/look-back.ts';
import type { PlotPoint } from '../domain/qc/plots.ts';
import { Pin } from './access.ts';
import { QcPeriod } from './qc-plan.ts';
import { command, query } from './spec.ts';

/** State of a test's control on an instrument, gravest first in lists (W13). */
export type QcGateWord = 'rejected' | 'overdue' | 'notEvaluable' | 'warning' | 'in' | 'none';

/** One level of a test on an instrument, as the dashboard shows it. */
export interface QcLevelCell {
  lotId: string;
  /** the control that decides; empty when never measured */
  controlId: string;
  /** `Level 1` */
  level: string;
  state: 'inControl' | 'warning' | 'rejected' | 'notEvaluated' | 'none';
  z: number | null;
  /** value and unit as measured; empty when never */
  text: string;
  rules: string[];
  at: string;
  /** empty: no schedule */
  dueTime: string;
}

/** A test on an instrument; id = `instrumentId testCode`. */
export interface QcStateRow {
  id: string;
  instrumentId: string;
  instrumentName: string;
  testCode: string;
  testName: string;
  unit: string;
  state: QcGateWord;
  /** release of patient results is stopped */
  blocks: boolean;
  /** beside the state: `1-3s at Level 1` */
  text: string;
  levels: QcLevelCell[];
  /** patient results that wait because of it */
  waiting: number;
  override: { by: string; at: string; until: string; reason: string } | null;
  /** bench comment or corrective action is missing for a rejected control */
  needsAction: boolean;
}

/** One point of a chart, in the order of runs. */
export interface QcPointRow extends PlotPoint {
  /** as measured */
  text: string;
  /** rules it is part of in its run; a rejecting one makes it `rejected`, also when the rule fired at another level */
  hits: {
    rule: string;
    action: 'warn' | 'reject';
    where: 'within' | 'across';
    points: { id: string; level: string; z: number }[];
  }[];
  because: { rule: string; outcome: string; text: string }[];
  excluded: { reason: string; by: string; at: string } | null;
  reviews: {
    id: string;
    kind: 'comment' | 'action' | 'reviewed';
    code: string;
    text: string;
    by: string;
    at: string;
  }[];
  operator: string;
  syncState: SyncState;
}

/** Something that ends a rule window (W11), or is worth seeing on the chart. */
export interface QcEventRow {
  id: string;
  at: string;
  kind: 'calibration' | 'reagentLot' | 'maintenance' | 'other';
  text: string;
  by: string;
  breaksWindow: boolean;
}

/** One chart: a test on an instrument. One row, id = `instrumentId testCode`. */
export interface QcChartRow {
  id: string;
  instrumentName: string;
  testName: string;
  unit: string;
  state: QcGateWord;
  text: string;
  /** level names in order */
  levels: string[];
  points: QcPointRow[];
  events: QcEventRow[];
  /** how many points there are in all; `points` are the newest */
  total: number;
  sigma: { metric: number; text: string } | null;
  /** rules in force for this test */
  rules: { rule: string; action: 'warn' | 'reject' }[];
  /** what the newest reject puts in doubt, and how far each level had moved; null: nothing is rejected */
  lookBack: (LookBackWindow & { shifts: LevelShift[] }) | null;
}

export interface QcLotRow {
  id: string;
  material: string;
  manufacturer: string;
  lot: string;
  level: string;
  expiresOn: string;
  openedTime: string;
  openStabilityHours: number | null;
  /** may not be used after; empty: no limit is known */
  usableUntil: string;
  expired: boolean;
  sentAs: string[];
  state: 'parallel' | 'current' | 'ended';
  targets: {
    id: string;
    testCode: string;
    testName: string;
    instrumentId: string;
    instrumentName: string;
    kind: 'manufacturer' | 'fixed' | 'established' | 'rolling';
    mean: string;
    sd: string;
    unit: string;
    points: number;
    /** first and last point it was worked out from, and the window they were looked for in */
    basis?: { from: string; to: string; window: string } | undefined;
    fromTime: string;
    setBy: string;
    approvedBy: string;
    approvedTime: string;
  }[];
}

/** A repeat beside the released result: what differs, and whether by more than is allowed. Numbers null where they cannot be told. */
export interface QcRepeat {
  /** the rerun's task */
  taskId: string;
  text: string;
  unit: string;
  at: string;
  /** new - old, in their unit */
  difference: number | null;
  percent: number | null;
  /** total error allowed, percent */
  totalErrorAllowed: number | null;
  /** by more than the total error allowed; null: a person decides */
  exceeds: boolean | null;
}

/** A patient result that the newest reject puts in doubt: since the last good control, until the next good one (W13 look-back). */
export interface QcLookBackRow {
  id: string;
  resultId: string;
  accessionDisplay: string;
  patientName: string;
  /** `F`, `M`, `X`; empty when unknown */
  sex: string;
  /** `61 y`; empty when unknown */
  age: string;
  text: string;
  unit: string;
  interpretation: Interpretation;
  postedTime: string;
  verdict: 'held' | 'ready' | 'blocked' | 'released' | 'rejected';
  /** measured after the control that was rejected */
  afterReject: boolean;
  /** a rerun has been asked for */
  rerun: boolean;
  /** the repeat of a released result that has arrived and waits for a decision: `qc.repeat.keep` or `qc.repeat.correct` */
  repeat?: QcRepeat | null;
  /** what was decided about an earlier repeat, a sentence; empty: nothing yet */
  decided: string;
}

/** A line of a file that cannot be taken. */
export interface QcImportProblem {
  /** number of the line in the file, from 1; 0: the file as a whole */
  line: number;
  text: string;
}

/** What became of a file, or would become of it. */
export interface QcImportOutcome {
  /** false: tried only, or there were problems; then nothing was changed */
  done: boolean;
  /** lines that are taken, or would be */
  taken: number;
  /** lines that are here already */
  known: number;
  problems: QcImportProblem[];
}

/** Own figures of a lot, level and month beside the peer group's. Numbers as they are; null where one cannot be told. */
export interface QcPeerRow {
  id: string;
  /** `YYYY-MM` */
  month: string;
  instrumentId: string;
  testCode: string;
  testName: string;
  lot: string;
  level: string;
  own: { n: number; mean: number | null; sd: number | null; cv: number | null };
  group: { n: number; mean: number; sd: number };
  /** (own mean - group mean) / group SD */
  sdi: number | null;
  /** own CV / group CV */
  cvi: number | null;
}

/** A supervisor's signature under the controls of an instrument in a month or week (C4); newest first. */
export interface QcSignOffRow {
  id: string;
  instrumentId: string;
  /** `2026-07` or `2026-W31` */
  period: string;
  by: string;
  at: string;
  meaning: string;
  comment: string;
  /** SHA-256 of what was signed */
  hash: string;
  /** what stands there today is what was signed */
  holds: boolean;
}

/** A control that a person types was measured so many days ago at most; older ones come from a file. */
export const ENTERED_LATE_DAYS = 7;

const bench = ['technician', 'lead', 'supervisor'] as const;
const supervisors = ['lead', 'supervisor', 'admin'] as const;
const reasonText = z.string().trim().min(3).max(400);
const decimal = z.string().regex(/^-?(\d+\.?\d*|\.\d+)$/, 'a plain decimal');

export const qcCommands = {
  /** A control read by a person at the device. */
  'qc.enter': command<{ controlId: string; state: string }>()(
    z.object({
      instrumentId: z.string(),
      testCode: z.string(),
      lotId: z.string(),
      valueText: z.string().min(1),
      /** when it was measured, up to {@link ENTERED_LATE_DAYS} days ago; not given: now */
      measuredTime: z.iso.datetime().optional(),
    }),
    bench,
  ),
  /** W12: out of the windows, never deleted; and back. Everything after it is judged again. */
  'qc.exclude': command<null>()(z.object({ controlId: z.string(), reason: reasonText }), supervisors),
  'qc.include': command<null>()(z.object({ controlId: z.string(), reason: reasonText }), supervisors),
  'qc.review': command<null>()(
    z.object({
      controlId: z.string(),
      kind: z.enum(['comment', 'action', 'reviewed']),
      code: z.enum(['', 'repeat', 'recalibrate', 'newVial', 'newReagent', 'maintenance', 'service', 'other']),
      text: z.string().max(400),
    }),
    bench,
  ),
  /** Calibration, new reagent lot, maintenance; with `breaksWindow` the rules begin anew (W11). */
  'qc.event': command<null>()(
    z.object({
      instrumentId: z.string(),
      kind: z.enum(['calibration', 'reagentLot', 'maintenance', 'other']),
      text: z.string().max(200),
      breaksWindow: z.boolean(),
    }),
    bench,
  ),
  /** W13: release in spite of a control, documented, for so many hours, signed. */
  'qc.override': command<null>()(
    z.object({
      instrumentId: z.string(),
      testCode: z.string(),
      reason: reasonText,
      hours: z.number().positive().max(72),
      pin: Pin,
    }),
    ['supervisor'],
  ),
  'qc.lot.save': command<{ lotId: string }>()(
    z.object({
      lotId: z.string().nullable(),
      material: z.string().trim().min(1),
      manufacturer: z.string(),
      lot: z.string().trim().min(1),
      level: z.string().trim().min(1).max(8),
      expiresOn: z.union([z.iso.date(), z.literal('')]),
      opened: z.boolean(),
      openStabilityHours: z.number().positive().nullable(),
      sentAs: z.array(z.string().trim().min(1)).min(1),
      state: z.enum(['parallel', 'current', 'ended']),
    }),
    supervisors,
  ),
  /** A new vial of the lot is opened now: its time in use begins anew. */
  'qc.lot.openVial': command<null>()(z.object({ lotId: z.string() }), bench),
  /** A target by hand or from the insert; used once a supervisor approved it. */
  'qc.target.set': command<{ targetId: string }>()(
    z.object({
      lotId: z.string(),
      testCode: z.string(),
      instrumentId: z.string(),
      kind: z.enum(['manufacturer', 'fixed']),
      mean: decimal,
      sd: decimal,
    }),
    supervisors,
  ),
  /**
   * A target from the lot's own points, at least 20 (W14). `established`: all of them. `rolling`: those in the plan's window that came after the last
   * break. Excluded ones and those of an expired lot or vial never. It holds from its approval on.
   */
  'qc.target.establish': command<{ targetId: string; mean: string; sd: string; points: number }>()(
    z.object({
      lotId: z.string(),
      testCode: z.string(),
      instrumentId: z.string(),
      kind: z.enum(['established', 'rolling']),
    }),
    supervisors,
  ),
  'qc.target.approve': command<null>()(z.object({ lotId: z.string(), targetId: z.string() }), ['supervisor']),
  /**
   * Lots, targets, points, a peer group's figures or the outcome of proficiency testing from a CSV file (docs/qc-files.md). With problems, or as a dry run, nothing is changed.
   * Targets of a lead wait for approval, those of a supervisor hold at once.
   */
  'qc.import': command<QcImportOutcome>()(
    z.object({
      kind: z.enum(['lots', 'targets', 'points', 'peer', 'eqa']),
      text: z.string().max(8_000_000),
      dryRun: z.boolean(),
    }),
    supervisors,
  ),
  /** Points of an instrument from a day up to and with another (`YYYY-MM-DD`) as CSV, for peer comparison; no test: all. */
  'qc.export': command<{ csv: string; name: string; points: number }>()(
    z.object({
      instrumentId: z.string(),
      testCode: z.string().nullable(),
      from: z.iso.date(),
      to: z.iso.date(),
    }),
    supervisors,
  ),
  /** C4: a supervisor signs the controls of an instrument in a month or ISO week, bound to their content. */
  'qc.signOff': command<{ hash: string }>()(
    z.object({
      instrumentId: z.string(),
      period: QcPeriod,
      comment: z.string().trim().max(400),
      pin: Pin,
    }),
    ['supervisor'],
  ),
  /** The report of a test on an instrument in a month or week, as PDF in base64. */
  'qc.report.pdf': command<{ pdf: string; name: string }>()(
    z.object({ instrumentId: z.string(), testCode: z.string(), period: QcPeriod }),
    'signedIn',
  ),
  /** Asks for reruns of patient results found by the look-back. */
  'qc.lookBack.repeat': command<{ asked: number }>()(
    z.object({ instrumentId: z.string(), testCode: z.string(), resultIds: z.array(z.string()).min(1) }),
    bench,
  ),
  /** The released result stands although its repeat has arrived; the repeat is kept with the reason. */
  'qc.repeat.keep': command<null>()(z.object({ taskId: z.string(), reason: reasonText }), bench),
  /** The repeat becomes the next version of the released result: judged, released by a person, and a signed report is amended. */
  'qc.repeat.correct': command<{ resultId: string }>()(
    z.object({ taskId: z.string(), reason: reasonText }),
    bench,
  ),
} as const;

export const qcQueries = {
  'qc.state': query<QcStateRow>()(z.object({}), 'signedIn'),
  'qc.chart': query<QcChartRow>()(
    z.object({ instrumentId: z.string(), testCode: z.string(), limit: z.number().int().min(10).max(10_000) }),
    'signedIn',
  ),
  'qc.lots': query<QcLotRow>()(z.object({}), 'signedIn'),
  'qc.peer': query<QcPeerRow>()(z.object({ instrumentId: z.string() }), 'signedIn'),
  'qc.signOffs': query<QcSignOffRow>()(z.object({ instrumentId: z.string() }), 'signedIn'),
  'qc.lookBack': query<QcLookBackRow>()(
    z.object({ instrumentId: z.string(), testCode: z.string() }),
    'signedIn',
  ),
} as const;
