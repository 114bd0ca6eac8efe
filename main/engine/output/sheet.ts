import { jsPDF } from 'jspdf';
import { canonicalJson } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';

const PAGE = { left: 16, right: 194, top: 18, floor: 279 };

/** Type of a plain sheet, in points. */
export const SHEET = {
  title: { size: 14, weight: 600, colour: '#1A1F24' },
  body: { size: 9, weight: 400, colour: '#1A1F24' },
  bold: { size: 9, weight: 600, colour: '#1A1F24' },
  small: { size: 8, weight: 400, colour: '#57606A' },
} as const satisfies Record<string, TextStyle>;

/** A plain A4 document of lines and rules, top to bottom, on as many pages as it takes. For records of the bench; reports to others have a layout of their own. */
export class Sheet {
  readonly #doc = new jsPDF({ unit: 'mm', format: 'a4', compress: true, putOnlyUsedFonts: true });
  readonly #text = new PdfText(this.#doc);
  #y = PAGE.top;

  /** Begins a new page when less than `height` mm are left. */
  room(height: number): void {
    if (this.#y + height <= PAGE.floor) return;
    this.#doc.addPage();
    this.#y = PAGE.top;
  }

  /** Words, wrapped. @param indent from the left edge of the text, mm @param width mm @param step from line to line, mm */
  line(words: string, style: TextStyle, indent = 0, width = 178 - indent, step = style.size * 0.5): void {
    for (const part of this.#text.wrap(words, width, style)) {
      this.room(step);
      this.#text.draw(part, PAGE.left + indent, this.#y, style);
      this.#y += step;
    }
  }

  /** The title and, small, what stands under it; empty ones are left out. */
  head(title: string, facts: readonly string[]): void {
    this.line(title, SHEET.title, 0, 178, 7);
    for (const fact of facts) if (fact !== '') this.line(fact, SHEET.small, 0, 178, 4.2);
    this.gap(3);
  }

  /** A heading with room for something under it. */
  heading(words: string): void {
    this.room(16);
    this.gap(2);
    this.line(words, SHEET.bold, 0, 178, 5.2);
  }

  /** A thin line, and in its row a mark at the left and a word at the right. */
  row(mark: string, word: string, strong: boolean): void {
    this.room(12);
    this.#doc.setDrawColor('#D0D7DE');
    this.#doc.line(PAGE.left, this.#y - 3.4, PAGE.right, this.#y - 3.4);
    this.#text.draw(mark, PAGE.left, this.#y, SHEET.bold);
    this.#text.draw(word, PAGE.right, this.#y, { ...(strong ? SHEET.bold : SHEET.body), align: 'right' });
  }

  gap(mm: number): void {
    this.#y += mm;
  }

  /** The file. The same content gives the same bytes. @param createdAt ISO 8601 instant @param source what it was made from */
  done(title: string, createdAt: string, source: unknown): Uint8Array {
    stamp(this.#doc, title, createdAt, canonicalJson(source));
    return new Uint8Array(this.#doc.output('arraybuffer'));
  }
}
