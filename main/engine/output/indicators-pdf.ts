import type { IndicatorName, IndicatorRow } from '../../../shared/ipc/indicators.ts';
import { SHEET, Sheet } from './sheet.ts';

/** What stands on the sheet besides its figures. Times as they are to be shown. */
export interface IndicatorFacts {
  laboratory: string;
  days: string;
  /** limit of a critical call, minutes */
  callWithin: number;
  madeAt: string;
  /** ISO 8601 instant of making */
  createdAt: string;
  by: string;
}

const titles: Record<IndicatorName, string> = {
  rejected: 'Specimens rejected',
  rejectedFor: 'of these',
  mislabelled: 'Specimens mislabelled (RA, RE, RI, RM, RS)',
  cancelled: 'Orders cancelled after a specimen had come in',
  collectedToIssued: 'Collected to issued',
  receivedToIssued: 'Received to issued',
  callsInTime: 'Critical values called in time',
  callsLate: 'Critical values called late',
  callsOpen: 'Critical values not called yet',
  corrected: 'Reports corrected',
  qcRejected: 'Controls rejected',
  qcOverridden: 'Released in spite of a control',
  contaminated: 'Contaminated cultures',
};

/** The quality indicators of a period as PDF, A4 (C6). It names no patient. The same content gives the same bytes. */
export function indicatorsPdf(rows: readonly IndicatorRow[], facts: IndicatorFacts): Uint8Array {
  const sheet = new Sheet();
  sheet.head('Quality indicators', [
    facts.laboratory,
    `${facts.days}. Critical values are in time within ${facts.callWithin} min. Percentiles by nearest rank.`,
    `Made by ${facts.by}, ${facts.madeAt}`,
  ]);
  for (const row of rows) {
    sheet.row('', figureText(row), row.detail === '');
    const indent = row.detail === '' ? 0 : 6;
    const words = [titles[row.name], row.detail].filter(Boolean).join(' ');
    sheet.line(words, row.detail === '' ? SHEET.bold : SHEET.body, indent, 100, 4.4);
    if (row.unknown > 0)
      sheet.line(`${row.unknown} lack a time and are not in it.`, SHEET.small, indent, 170, 4);
    sheet.gap(2);
  }
  return sheet.done('Quality indicators', facts.createdAt, { rows, facts });
}

function figureText({ measured, spread, count, all, rate }: IndicatorRow): string {
  if (!measured) return 'not measured at this station';
  if (spread !== null)
    return spread.n === 0
      ? 'none'
      : `${spread.n}: median ${minutes(spread.median)}, p90 ${minutes(spread.p90)}, p95 ${minutes(spread.p95)}, longest ${minutes(spread.longest)}`;
  if (all === 0) return String(count);
  return `${count} of ${all}${rate === null ? '' : `, ${(rate * 100).toFixed(1)} %`}`;
}

function minutes(value: number | null): string {
  return value === null ? '–' : `${Math.round(value)} min`;
}
