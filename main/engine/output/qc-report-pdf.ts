/** The report of a test's controls on an instrument in a month or week, as PDF, A4. */
import { jsPDF } from 'jspdf';
import { type ReviewedPoint, type ReviewedTest, type SignOff, withoutAction } from '../qc/review.ts';
import { canonicalJson } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';
import { drawLane, drawRejected, drawReviewed, LANE } from './qc-chart-pdf.ts';
import { QC_PAGE as PAGE, QC_TEXT, type QcSheetFacts } from './qc-sheet.ts';
import { drawSeal } from './report-marks.ts';

/** What stands on the report besides what was measured. Functions give times and names as they are to be shown. */
export interface QcReportFacts extends QcSheetFacts {
  nameOf: (personId: string) => string;
  /** the newest signature under the instrument's period; `holds`: what stands here is what was signed */
  signature: (SignOff & { holds: boolean }) | null;
}

const { title: TITLE, head: HEAD, body: BODY, bold: BOLD, small: SMALL } = QC_TEXT;

/** Columns of the statistics: where each ends, in mm from the left edge of the page. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ['n', 84],
  ['Mean', 100],
  ['SD', 114],
  ['CV %', 127],
  ['Target', 145],
  ['Target SD', 162],
  ['Bias %', 177],
  ['Sigma', 194],
];

/** The report as PDF. It names no patient. The same content gives the same bytes. */
export function qcReportPdf(test: ReviewedTest, facts: QcReportFacts): Uint8Array {
  return new Report(test, facts).make();
}

/** The chart of some days alone, with its figures and what was rejected, as PDF: vectors, A4. */
export function qcChartPdf(test: ReviewedTest, facts: QcReportFacts): Uint8Array {
  return new Report(test, facts).chart();
}

class Report {
  readonly #doc = new jsPDF({ unit: 'mm', format: 'a4', compress: true, putOnlyUsedFonts: true });
  readonly #text = new PdfText(this.#doc);
  readonly #test: ReviewedTest;
  readonly #facts: QcReportFacts;
  #y = PAGE.top;

  constructor(test: ReviewedTest, facts: QcReportFacts) {
    this.#test = test;
    this.#facts = facts;
  }

  make(): Uint8Array {
    const title = this.#start('Quality control');
    this.#rejections();
    this.#exclusions();
    this.#overrides();
    this.#events();
    this.#signature();
    return this.#end(title);
  }

  chart(): Uint8Array {
    const title = this.#start('Control chart');
    this.#rejections();
    this.#exclusions();
    return this.#end(title);
  }

  #start(what: string): string {
    const { testName, instrument, laboratory, days, zone, by, time, createdAt } = this.#facts;
    const title = `${what}: ${testName} on ${instrument}`;
    this.#line(title, TITLE, 6.5);
    this.#line([laboratory.name, laboratory.address].filter((one) => one !== '').join(', '), SMALL, 4);
    this.#line(`${days}. Times are local (${zone}). Made by ${by}, ${time(createdAt)}.`, SMALL, 4);
    if (this.#test.points.length === 0) this.#line('No control was measured in these days.', BODY, 6);
    else {
      this.#charts();
      this.#statistics();
    }
    return title;
  }

  #end(title: string): Uint8Array {
    this.#footers(title);
    const { time: _, day: __, nameOf: ___, ...plain } = this.#facts;
    stamp(this.#doc, title, this.#facts.createdAt, canonicalJson({ test: this.#test, facts: plain }));
    return new Uint8Array(this.#doc.output('arraybuffer'));
  }

  #room(height: number): void {
    if (this.#y + height <= PAGE.floor) return;
    this.#doc.addPage();
    this.#y = PAGE.top;
  }

  #line(words: string, style: TextStyle, step: number, x = PAGE.left): void {
    for (const part of this.#text.wrap(words, PAGE.right - x, style)) {
      this.#room(step);
      this.#text.draw(part, x, this.#y, style);
      this.#y += step;
    }
  }

  #section(name: string): void {
    this.#y += 3;
    this.#room(14);
    this.#doc.setDrawColor('#12181B');
    this.#doc.setLineWidth(0.2);
    this.#doc.line(PAGE.left, this.#y - 4, PAGE.right, this.#y - 4);
    this.#line(name, HEAD, 5);
  }

  #charts(): void {
    const levels = [...new Set(this.#test.points.map((one) => one.level))].sort();
    this.#y += 1;
    for (const level of levels) {
      this.#room(LANE + 4);
      const box = { x: PAGE.left, y: this.#y, width: PAGE.right - PAGE.left };
      drawLane(this.#doc, this.#text, this.#test, level, box, this.#facts.day);
      this.#y += LANE + 4;
    }
    this.#legend();
  }

  #legend(): void {
    this.#room(6);
    const doc = this.#doc;
    const y = this.#y + 1;
    let x = PAGE.left + 12;
    const entry = (draw: (x: number) => void, word: string) => {
      draw(x);
      x += 2.4 + this.#text.draw(word, x + 2.4, y + 0.9, SMALL) + 6;
    };
    doc.setDrawColor('#12181B');
    doc.setLineWidth(0.25);
    entry((at) => {
      doc.setFillColor('#12181B');
      doc.circle(at, y, 0.65, 'F');
    }, 'in control');
    // Text takes the fill colour for itself: each shape sets its own.
    const paper = () => doc.setFillColor('#FFFFFF');
    entry((at) => {
      paper();
      doc.triangle(at, y - 1.2, at - 1.15, y + 0.85, at + 1.15, y + 0.85, 'FD');
    }, 'warning');
    entry((at) => drawRejected(doc, at, y), 'rejected, with its rules');
    doc.setLineWidth(0.25);
    entry((at) => {
      paper();
      doc.circle(at, y, 0.9, 'FD');
      doc.line(at - 1.3, y + 1.3, at + 1.3, y - 1.3);
    }, 'excluded');
    entry((at) => {
      paper();
      doc.rect(at - 0.8, y - 0.8, 1.6, 1.6, 'FD');
    }, 'proves nothing (expired, swapped)');
    entry((at) => drawReviewed(doc, at, y), 'with a remark');
    this.#y += 7;
  }

  #statistics(): void {
    this.#section(`Statistics${this.#test.unit === '' ? '' : ` in ${this.#test.unit}`}`);
    this.#room(5);
    this.#text.draw('Level and lot', PAGE.left, this.#y, BOLD);
    for (const [name, x] of COLUMNS) this.#text.draw(name, x, this.#y, { ...BOLD, align: 'right' });
    this.#y += 4.4;
    for (const { material, level, lot, own, target, bias, sigma } of this.#test.lots) {
      this.#room(4.4);
      const places = placesOf(target?.mean ?? '') + 1;
      const number = (value: number | null, digits: number) =>
        value === null ? '–' : minus(value.toFixed(digits));
      const cells = [
        ...[String(own.n), number(own.mean, places), number(own.sd, places + 1), number(own.cv, 2)],
        ...[minus(target?.mean ?? '–'), target?.sd || '–', number(bias, 2), number(sigma, 2)],
      ];
      const name = this.#text.shorten(`${material} ${level}, lot ${lot}`, 52, BODY);
      this.#text.draw(name, PAGE.left, this.#y, BODY);
      for (const [at, [, x]] of COLUMNS.entries())
        this.#text.draw(cells[at] ?? '', x, this.#y, { ...BODY, align: 'right' });
      this.#y += 4.4;
    }
    const { totalErrorAllowed } = this.#test;
    this.#line(
      totalErrorAllowed === null
        ? 'Excluded points do not count. No total allowable error is set for this test, so there is no sigma.'
        : `Excluded points do not count. Sigma = (TEa ${totalErrorAllowed} % − |bias|) / CV.`,
      SMALL,
      4,
    );
  }

  #point({ at, level, text, z }: ReviewedPoint): string {
    const sd = z === null ? 'not evaluated' : `${z < 0 ? '−' : '+'}${Math.abs(z).toFixed(2)} SD`;
    return `${this.#facts.time(at)} · ${level} · ${text} ${this.#test.unit} (${sd})`;
  }

  #reviews(point: ReviewedPoint): void {
    for (const review of point.reviews) {
      const what = { comment: 'Comment', action: 'Corrective action', reviewed: 'Reviewed' }[review.kind];
      const code = ACTIONS[review.code] ?? review.code;
      const words = [code, review.text].filter((one) => one !== '').join(': ');
      const by = `${this.#facts.nameOf(review.by)}, ${this.#facts.time(review.at)}`;
      this.#line(`${what}${words === '' ? '' : ` – ${words}`} (${by})`, SMALL, 4, PAGE.left + 5);
    }
  }

  #rejections(): void {
    const points = this.#test.points.filter((one) => one.state === 'rejected');
    const open = new Set(withoutAction(this.#test));
    this.#section(`Rejected controls: ${points.length}`);
    for (const point of points) {
      this.#room(9);
      this.#line(`${this.#point(point)} · ${point.rules.join(', ')}`, BODY, 4.4);
      for (const mark of point.marks) this.#line(mark, SMALL, 4, PAGE.left + 5);
      if (open.has(point))
        this.#line('No corrective action is recorded.', { ...SMALL, weight: 600 }, 4, PAGE.left + 5);
      this.#reviews(point);
    }
  }

  #exclusions(): void {
    const points = this.#test.points.filter((one) => one.excluded !== null);
    this.#section(`Excluded controls: ${points.length}`);
    for (const point of points) {
      this.#room(9);
      this.#line(this.#point(point), BODY, 4.4);
      const { reason = '', by = '', at = '' } = point.excluded ?? {};
      const who = `${this.#facts.nameOf(by)}, ${this.#facts.time(at)}`;
      this.#line(`Excluded: ${reason} (${who})`, SMALL, 4, PAGE.left + 5);
      this.#reviews(point);
    }
  }

  #overrides(): void {
    const { overrides } = this.#test;
    this.#section(`Releases in spite of a control: ${overrides.length}`);
    for (const { by, at, until, reason } of overrides) {
      this.#line(`${this.#facts.time(at)} until ${this.#facts.time(until)}: ${reason} (${by})`, BODY, 4.4);
    }
  }

  #events(): void {
    const { events } = this.#test;
    if (events.length === 0) return;
    this.#section(`Events of the instrument: ${events.length}`);
    for (const { at, kind, text, by, breaksWindow } of events) {
      const ends = breaksWindow ? ' The rules begin anew.' : '';
      const words = [EVENTS[kind], text].filter((one) => one !== '').join(': ');
      this.#line(`${this.#facts.time(at)} · ${words} (${this.#facts.nameOf(by)}).${ends}`, BODY, 4.4);
    }
  }

  #signature(): void {
    const { signature } = this.#facts;
    this.#y += 3;
    this.#room(26);
    this.#doc.setDrawColor('#12181B');
    this.#doc.setLineWidth(0.3);
    this.#doc.line(PAGE.left, this.#y - 4, PAGE.right, this.#y - 4);
    if (signature === null) {
      this.#line('Not signed.', HEAD, 5);
      this.#line('A supervisor has not signed the controls of this instrument in this period.', SMALL, 4);
      return;
    }
    drawSeal(this.#doc, PAGE.left, this.#y);
    this.#line(`Signed by ${signature.name}, ${signature.at}`, HEAD, 5, PAGE.left + 5);
    this.#line(
      `${signature.meaning} (${signature.period}), all tests of the instrument.`,
      BODY,
      4.4,
      PAGE.left + 5,
    );
    if (signature.comment !== '') this.#line(signature.comment, BODY, 4.4, PAGE.left + 5);
    if (!signature.holds)
      this.#line('Changed since it was signed: this signature no longer holds.', BOLD, 4.4, PAGE.left + 5);
    this.#line(`SHA-256 of what was signed: ${signature.hash}`, SMALL, 4, PAGE.left + 5);
  }

  #footers(title: string): void {
    const pages = this.#doc.getNumberOfPages();
    for (let page = 1; page <= pages; page += 1) {
      this.#doc.setPage(page);
      this.#text.draw(`${title}, ${this.#facts.days}`, PAGE.left, 288, SMALL);
      this.#text.draw(`${page} of ${pages}`, PAGE.right, 288, { ...SMALL, align: 'right' });
    }
  }
}

const ACTIONS: Readonly<Record<string, string>> = {
  repeat: 'measured again',
  recalibrate: 'calibrated',
  newVial: 'new vial',
  newReagent: 'new reagent',
  maintenance: 'maintenance',
  service: 'service called',
  other: 'other',
};
const EVENTS = {
  calibration: 'Calibration',
  reagentLot: 'New reagent lot',
  maintenance: 'Maintenance',
  other: 'Event',
} as const;

function minus(text: string): string {
  return text.replace('-', '−');
}

function placesOf(text: string): number {
  return text.split('.')[1]?.length ?? 0;
}
