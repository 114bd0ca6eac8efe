import type { SelfTestRow } from '../../../shared/ipc/tools-line.ts';
import type { ProbeOutcome, ProbeRunRow } from '../../../shared/ipc/tools-probe.ts';
import { SHEET, Sheet } from './sheet.ts';

/** What stands on the report of a self-test besides its rows. Times as they are to be shown. */
export interface SelfTestFacts {
  laboratory: string;
  instrument: string;
  /** Name, version and source of the profile. */
  profile: string;
  since: string;
  madeAt: string;
  /** ISO 8601 instant of making. */
  createdAt: string;
  by: string;
}

const WORDS = { pass: 'pass', fail: 'FAIL', notSeen: 'not seen' } as const;

/** The report of a self-test that watched a line, as PDF, A4. It names no patient. The same content gives the same bytes. */
export function selfTestPdf(rows: readonly SelfTestRow[], facts: SelfTestFacts): Uint8Array {
  const sheet = new Sheet();
  const count = (outcome: SelfTestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const sums = `${count('pass')} pass, ${count('fail')} fail, ${count('notSeen')} not seen`;
  sheet.head(`Self-test of ${facts.instrument}`, [
    facts.laboratory,
    `Profile: ${facts.profile}`,
    `What the line showed from ${facts.since} to ${facts.madeAt}. ${sums}.`,
    `Made by ${facts.by}, ${facts.madeAt}`,
  ]);
  for (const row of rows) {
    sheet.row(row.rule, WORDS[row.outcome], row.outcome === 'fail');
    sheet.line(row.title, SHEET.body, 14, 140, 4.4);
    sheet.line(row.text, SHEET.small, 14, 164, 4);
    if (row.outcome === 'fail')
      for (const { seq, at, text: shown } of row.evidence)
        sheet.line(`journal ${seq}, ${at}: ${shown}`, SHEET.small, 18, 160, 4);
    sheet.gap(2);
  }
  return sheet.done(`Self-test ${facts.instrument}`, facts.createdAt, { rows, facts });
}

const ENDED: Record<ProbeOutcome, string> = {
  waiting: 'not reached',
  running: 'running',
  pass: 'passed',
  fail: 'FAILED',
  notApplicable: 'not applicable',
};

/** The report of an active self-test, step by step with the bytes. @param time an instant as it is to be shown */
export function probePdf(
  run: ProbeRunRow,
  facts: Pick<SelfTestFacts, 'laboratory' | 'instrument' | 'madeAt' | 'createdAt' | 'by'> & {
    /** it was played on the line's own link */
    onLine: boolean;
  },
  time: (instant: string) => string,
): Uint8Array {
  const sheet = new Sheet();
  const count = (outcome: ProbeOutcome) => run.steps.filter((step) => step.outcome === outcome).length;
  const ended = run.endedAt === '' ? 'still running' : time(run.endedAt);
  sheet.head(`Active self-test of ${facts.instrument}`, [
    facts.laboratory,
    `Played to ${run.target}. Profile: ${run.profile}. Test specimen ${run.specimen}: no patient's.`,
    `${time(run.startedAt)} to ${ended}. ${count('pass')} passed, ${count('fail')} failed, ${count('notApplicable')} not applicable.`,
    run.why,
    facts.onLine ? 'The bytes are those of a working line and may name patients.' : '',
    `What the device would see was read and confirmed by ${run.by}. Report made by ${facts.by}, ${facts.madeAt}`,
  ]);
  for (const step of run.steps) {
    sheet.row(step.rule, ENDED[step.outcome], step.outcome === 'fail');
    sheet.line(step.title, SHEET.body, 14, 136, 4.4);
    sheet.line(step.text, SHEET.small, 14, 164, 4);
    for (const { direction, text } of step.bytes)
      sheet.line(`${direction === 'in' ? 'device' : 'Levey'}: ${text}`, SHEET.small, 18, 160, 4);
    sheet.gap(2);
  }
  return sheet.done(`Active self-test ${facts.instrument}`, facts.createdAt, { run, facts });
}
