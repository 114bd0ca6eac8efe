/** What every printed sheet of controls has in common, charts, plots and reports: whose it is, where its text runs, A4 in mm, and its styles. */
import type { TextStyle } from './pdf-text.ts';

/** What stands on the sheet besides the points. Functions give times and days as they are to be shown. */
export interface QcSheetFacts {
  laboratory: { name: string; address: string };
  instrument: string;
  testName: string;
  /** `2026-07-01 to 2026-07-31` */
  days: string;
  /** IANA zone of all times */
  zone: string;
  /** ISO 8601 instant of making */
  createdAt: string;
  by: string;
  time: (instant: string) => string;
  day: (instant: string) => string;
}

/** Edges of what is written, mm. */
export const QC_PAGE = { left: 16, right: 194, top: 18, floor: 278 };
/** Sizes in points. */
export const QC_TEXT = {
  title: { size: 14, weight: 600, colour: '#12181B' },
  head: { size: 10, weight: 600, colour: '#12181B' },
  body: { size: 8.5, weight: 400, colour: '#12181B' },
  bold: { size: 8.5, weight: 600, colour: '#12181B' },
  small: { size: 7.5, weight: 400, colour: '#44515A' },
  axis: { size: 6.5, weight: 400, colour: '#12181B' },
} as const satisfies Record<string, TextStyle>;
