/** What the printed drift, Youden plot and histogram of controls have in common: head, ink, marks and feet, A4. Prints in black. Lengths in mm. */
import { jsPDF } from 'jspdf';
import type { Break, Run } from '../../../shared/domain/qc/plots.ts';
import type { QcChartRow, QcPeerRow } from '../../../shared/ipc/qc.ts';
import { canonicalJson } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';
import { QC_PAGE, QC_TEXT, type QcSheetFacts } from './qc-sheet.ts';

/** What is drawn: the runs shown, and all there are, from which the sums of a drift are made. */
export interface QcPlotSource {
  testCode: string;
  chart: QcChartRow;
  runs: readonly Run[];
  whole: readonly Run[];
  breaks: readonly Break[];
  peers: readonly QcPeerRow[];
}

const BLACK = '#12181B';
const GREY = '#5A6770';
const HAIR = '#B9C4C8';

/** How a stroke looks. */
export interface Stroke {
  width: number;
  dash?: number[];
  colour?: 'black' | 'grey' | 'hair';
}

/** A number of SD with its sign. */
export function sd(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return value === 0 || Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** One sheet under way. */
export class PlotPage {
  readonly doc = new jsPDF({ unit: 'mm', format: 'a4', compress: true, putOnlyUsedFonts: true });
  readonly text = new PdfText(this.doc);
  readonly #title: string;
  readonly #facts: QcSheetFacts;
  y = QC_PAGE.top;

  constructor(what: string, facts: QcSheetFacts) {
    const { testName, instrument, laboratory, days, zone, by, time, createdAt } = facts;
    this.#facts = facts;
    this.#title = `${what}: ${testName} on ${instrument}`;
    this.line(this.#title, QC_TEXT.title, 6.5);
    const { name, address } = laboratory;
    this.line([name, address].filter((one) => one !== '').join(', '), QC_TEXT.small, 4);
    this.line(`${days}. Times are local (${zone}). Made by ${by}, ${time(createdAt)}.`, QC_TEXT.small, 4);
    this.y += 2;
  }

  /** Begins a new page when less than `height` mm are left. */
  room(height: number): void {
    if (this.y + height <= QC_PAGE.floor) return;
    this.doc.addPage();
    this.y = QC_PAGE.top;
  }

  line(words: string, style: TextStyle, step: number, indent = 0): void {
    for (const part of this.text.wrap(words, QC_PAGE.right - QC_PAGE.left - indent, style)) {
      this.room(step);
      this.text.draw(part, QC_PAGE.left + indent, this.y, style);
      this.y += step;
    }
  }

  /** A heading under a rule. */
  section(name: string): void {
    this.y += 3;
    this.room(14);
    this.stroke({ width: 0.2 });
    this.doc.line(QC_PAGE.left, this.y - 4, QC_PAGE.right, this.y - 4);
    this.line(name, QC_TEXT.head, 5);
  }

  /** Sets how the next lines look. */
  stroke({ width, dash = [], colour = 'black' }: Stroke): void {
    this.doc.setDrawColor({ black: BLACK, grey: GREY, hair: HAIR }[colour]);
    this.doc.setLineWidth(width);
    this.doc.setLineDashPattern(dash, 0);
  }

  /** A line through points; a gap where one is null. */
  path(points: readonly (readonly [x: number, y: number] | null)[], stroke: Stroke): void {
    this.stroke(stroke);
    let part: (readonly [number, number])[] = [];
    const draw = (): void => {
      const [first, ...rest] = part;
      let before = first;
      const steps = rest.map((one): [number, number] => {
        const step: [number, number] = [one[0] - (before?.[0] ?? 0), one[1] - (before?.[1] ?? 0)];
        before = one;
        return step;
      });
      if (first !== undefined && steps.length > 0)
        this.doc.lines(steps, first[0], first[1], [1, 1], 'S', false);
      part = [];
    };
    for (const one of points) {
      if (one === null) draw();
      else part.push(one);
    }
    draw();
    this.stroke({ width: 0.2 });
  }

  /** A filled dot. */
  dot(x: number, y: number, r = 0.65): void {
    this.doc.setFillColor(BLACK);
    this.doc.circle(x, y, r, 'F');
  }

  /** An open triangle, its tip up or down. */
  triangle(x: number, y: number, up = true): void {
    const way = up ? 1 : -1;
    this.#open();
    this.doc.triangle(x, y - 1.2 * way, x - 1.15, y + 0.85 * way, x + 1.15, y + 0.85 * way, 'FD');
  }

  /** An open diamond. */
  diamond(x: number, y: number): void {
    this.#open();
    const r = 1.25;
    const corners: [number, number][] = [
      [r, r],
      [-r, r],
      [-r, -r],
    ];
    this.doc.lines(corners, x, y - r, [1, 1], 'FD', true);
  }

  /** A struck ring: excluded. */
  struck(x: number, y: number): void {
    this.#open();
    this.doc.circle(x, y, 0.9, 'FD');
    this.doc.line(x - 1.3, y + 1.3, x + 1.3, y - 1.3);
  }

  #open(): void {
    this.stroke({ width: 0.25 });
    // Text takes the fill colour for itself: each shape sets its own.
    this.doc.setFillColor('#FFFFFF');
  }

  /** Marks with their words, in a row. */
  legend(entries: readonly (readonly [draw: (x: number, y: number) => void, words: string])[]): void {
    this.room(6);
    let x = QC_PAGE.left + 2;
    for (const [draw, words] of entries) {
      const width = this.text.width(words, QC_TEXT.small) + 10;
      if (x + width > QC_PAGE.right) {
        this.y += 4.4;
        x = QC_PAGE.left + 2;
      }
      draw(x, this.y);
      x += 3.4 + this.text.draw(words, x + 3.4, this.y + 0.9, QC_TEXT.small) + 6;
    }
    this.y += 5;
  }

  /** The file. The same content gives the same bytes. */
  done({ chart, runs, peers }: QcPlotSource): Uint8Array {
    const pages = this.doc.getNumberOfPages();
    for (let page = 1; page <= pages; page += 1) {
      this.doc.setPage(page);
      this.text.draw(`${this.#title}, ${this.#facts.days}`, QC_PAGE.left, 288, QC_TEXT.small);
      this.text.draw(`${page} of ${pages}`, QC_PAGE.right, 288, { ...QC_TEXT.small, align: 'right' });
    }
    const { laboratory, days, zone, createdAt, by } = this.#facts;
    const plain = { laboratory, days, zone, createdAt, by };
    const points = runs.map((run) => [...run.points.values()]);
    const source = canonicalJson({ title: this.#title, facts: plain, levels: chart.levels, points, peers });
    stamp(this.doc, this.#title, this.#facts.createdAt, source);
    return new Uint8Array(this.doc.output('arraybuffer'));
  }
}
