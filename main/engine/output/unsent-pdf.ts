/** What the server has not got, as PDF, A4 landscape: counts by kind, then every record, signed reports first. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jsPDF } from 'jspdf';
import { canonicalJson } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';
import { INK } from './report-marks.ts';

/** One record the server has not got. Texts as they are printed. */
export interface UnsentRecord {
  accession: string;
  patient: string;
  /** What it is: `Potassium 6.8`, `Report REQ-17, version 1, signed`. */
  what: string;
  /** Local time of its last change here. */
  since: string;
  /** `waits`, `refused`, `to be decided`, `stays here`, `kept here` */
  state: string;
  /** Why; empty when it only waits its turn. */
  why: string;
}

/** Records of one kind, oldest first, and their counts. */
export interface UnsentGroup {
  title: string;
  waits: number;
  refused: number;
  undecided: number;
  /** Kept here by a person's decision, not as they are here at the server. */
  kept: number;
  /** Local time of the oldest change. */
  oldest: string;
  records: UnsentRecord[];
}

/** What stands on the statement besides the records. */
export interface UnsentFacts {
  laboratory: { name: string; address: string };
  /** Name and code of the station. */
  station: string;
  /** Host of the server; empty without one. */
  server: string;
  /** Where the line stands, in a sentence or two. */
  line: string;
  /** IANA zone of all times. */
  zone: string;
  /** ISO 8601 instant of making, and as it is printed. */
  createdAt: string;
  madeAt: string;
  madeBy: string;
}

const PAGE = { left: 14, right: 283, top: 16, floor: 194, foot: 202 };
const TITLE: TextStyle = { size: 15, weight: 600, colour: INK.text };
const HEAD: TextStyle = { size: 10, weight: 600, colour: INK.text };
const BODY: TextStyle = { size: 8.5, weight: 400, colour: INK.text };
const BOLD: TextStyle = { size: 8.5, weight: 600, colour: INK.text };
const SMALL: TextStyle = { size: 7.5, weight: 400, colour: INK.second };
const CAPTION: TextStyle = { size: 7.5, weight: 600, colour: INK.second };

/** Left edge and width of each column, in mm. */
const COLUMNS = {
  accession: { title: 'Specimen', x: 14, room: 33 },
  patient: { title: 'Patient', x: 49, room: 58 },
  what: { title: 'Record', x: 109, room: 60 },
  since: { title: 'Changed', x: 171, room: 30 },
  state: { title: 'State', x: 203, room: 25 },
  why: { title: 'Why', x: 230, room: 53 },
} as const;
type Column = keyof typeof COLUMNS;
const ORDER = Object.keys(COLUMNS) as Column[];
const STEP = 3.9;
/** Records listed one by one; beyond them they are counted. Some 150 pages: more is not read on paper. */
const MOST_LISTED = 3_000;

/**
 * The statement as PDF; lets others work between two pages. The same content gives the same bytes. Nothing is cut but names of
 * patients and records longer than their column; reasons are printed whole. At most 3 000 records are listed, those that matter most
 * first; how many more there are is said.
 */
export async function unsentPdf(groups: readonly UnsentGroup[], facts: UnsentFacts): Promise<Uint8Array> {
  return new Statement(groups, facts).make();
}

class Statement {
  readonly #doc = new jsPDF({
    unit: 'mm',
    format: 'a4',
    orientation: 'landscape',
    // Deflating the pages would hold up the bench: it is done in one go, at the end.
    compress: false,
    putOnlyUsedFonts: true,
  });
  readonly #text = new PdfText(this.#doc);
  readonly #groups: readonly UnsentGroup[];
  readonly #facts: UnsentFacts;
  #y = PAGE.top;
  #left = MOST_LISTED;

  constructor(groups: readonly UnsentGroup[], facts: UnsentFacts) {
    this.#groups = groups;
    this.#facts = facts;
  }

  async make(): Promise<Uint8Array> {
    const { laboratory, station, server, line, zone, createdAt, madeAt, madeBy } = this.#facts;
    const title = server === '' ? 'What only this station has' : 'What the server has not got';
    this.#line(title, TITLE, 7);
    this.#line([laboratory.name, laboratory.address].filter((one) => one !== '').join(', '), BODY, 4.4);
    this.#line(server === '' ? station : `${station}. Server ${server}.`, BODY, 4.4);
    this.#line(line, BOLD, 4.4);
    this.#line(`Times are local (${zone}). Made by ${madeBy}, ${madeAt}.`, SMALL, 4);
    this.#counts();
    for (const group of this.#groups) {
      if (group.records.length > 0 && this.#left > 0) await this.#group(group);
    }
    const more = this.#total() - MOST_LISTED;
    if (more > 0) {
      this.#y += 3;
      await this.#room(6);
      this.#line(`${grouped(more)} more are counted on the first page and not listed here.`, HEAD, 5);
    }
    this.#footers(`${title}, ${station}, ${madeAt}`);
    stamp(this.#doc, title, createdAt, canonicalJson({ groups: this.#groups, facts: this.#facts }));
    return new Uint8Array(this.#doc.output('arraybuffer'));
  }

  #line(words: string, style: TextStyle, step: number): void {
    for (const part of this.#text.wrap(words, PAGE.right - PAGE.left, style)) {
      this.#text.draw(part, PAGE.left, this.#y, style);
      this.#y += step;
    }
  }

  #rule(y: number, colour: string, width: number): void {
    this.#doc.setDrawColor(colour);
    this.#doc.setLineWidth(width);
    this.#doc.line(PAGE.left, y, PAGE.right, y);
  }

  #total(): number {
    return this.#groups.reduce((sum, one) => sum + one.records.length, 0);
  }

  #counts(): void {
    const total = this.#total();
    this.#y += 3;
    if (total === 0) {
      const { server } = this.#facts;
      this.#line(server === '' ? 'There is nothing.' : 'Nothing. The server has everything.', HEAD, 6);
      return;
    }
    const columns = [
      ['Waits', 88],
      ['Refused', 108],
      ['To be decided', 132],
      ['Kept here', 152],
    ] as const;
    this.#text.draw('Kind', PAGE.left, this.#y, CAPTION);
    for (const [name, x] of columns) this.#text.draw(name, x, this.#y, { ...CAPTION, align: 'right' });
    this.#text.draw('Oldest', 160, this.#y, CAPTION);
    this.#rule(this.#y + 1.5, INK.second, 0.2);
    this.#y += 5.4;
    const row = (title: string, counts: readonly number[], oldest: string, style: TextStyle) => {
      this.#text.draw(title, PAGE.left, this.#y, style);
      for (const [at, [, x]] of columns.entries())
        this.#text.draw(grouped(counts[at] ?? 0), x, this.#y, { ...style, align: 'right' });
      this.#text.draw(oldest, 160, this.#y, style);
      this.#y += 4.4;
    };
    const sum = [0, 0, 0, 0];
    for (const { title, waits, refused, undecided, kept, oldest, records } of this.#groups) {
      const counts = [waits, refused, undecided, kept];
      for (const [at, count] of counts.entries()) sum[at] = (sum[at] ?? 0) + count;
      if (records.length > 0) row(title, counts, oldest, BODY);
    }
    this.#rule(this.#y - 3.2, INK.line, 0.15);
    row(`Together ${grouped(total)}`, sum, '', BOLD);
  }

  async #group(group: UnsentGroup): Promise<void> {
    this.#y += 4;
    await this.#room(18);
    this.#text.draw(`${group.title}: ${grouped(group.records.length)}`, PAGE.left, this.#y, HEAD);
    this.#y += 4.6;
    this.#columnHeads();
    const listed = group.records.slice(0, this.#left);
    this.#left -= listed.length;
    for (const record of listed) {
      const why = record.why === '' ? [] : this.#text.wrap(record.why, COLUMNS.why.room, SMALL);
      if (await this.#room(Math.max(1, why.length) * STEP + 1)) this.#columnHeads();
      const strong = record.state !== 'waits' && record.state !== 'stays here';
      for (const name of ORDER) {
        const { x, room } = COLUMNS[name];
        if (name === 'why') this.#text.drawLines(why, x, this.#y, STEP, SMALL);
        else {
          const style = name === 'what' || (name === 'state' && strong) ? BOLD : BODY;
          this.#text.draw(this.#text.shorten(record[name], room, style), x, this.#y, style);
        }
      }
      this.#y += Math.max(1, why.length) * STEP;
      this.#rule(this.#y - 2.7, INK.hair, 0.1);
      this.#y += 0.6;
    }
  }

  #columnHeads(): void {
    for (const name of ORDER) this.#text.draw(COLUMNS[name].title, COLUMNS[name].x, this.#y, CAPTION);
    this.#rule(this.#y + 1.4, INK.second, 0.2);
    this.#y += 5.2;
  }

  /** A new page when there is no room; true when there is one. */
  async #room(height: number): Promise<boolean> {
    if (this.#y + height <= PAGE.floor) return false;
    this.#doc.addPage();
    this.#y = PAGE.top;
    await nextTurn();
    return true;
  }

  #footers(words: string): void {
    const pages = this.#doc.getNumberOfPages();
    for (let page = 1; page <= pages; page += 1) {
      this.#doc.setPage(page);
      this.#text.draw(`${words}. Names patients: keep it as you keep reports.`, PAGE.left, PAGE.foot, SMALL);
      this.#text.draw(`${page} of ${pages}`, PAGE.right, PAGE.foot, { ...SMALL, align: 'right' });
    }
  }
}

/** `12 345` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}
