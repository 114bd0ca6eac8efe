import { jsPDF } from 'jspdf';
import { LeveyError } from '../../../shared/errors.ts';
import type {
  ReportComment,
  ReportContent,
  ReportCorrection,
  ReportSection,
  ReportSignature,
  ReportSpecimen,
} from '../../../shared/reports/content.ts';
import { canonicalJson, reportHash } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';
import { drawAmend, drawFlag, drawSeal, drawStop, flagColour, INK } from './report-marks.ts';
import { drawResults, tooLongForTable } from './report-table.ts';

const PAGE = { width: 210, height: 297, left: 16, top: 15, nextTop: 33, bottom: 18 };
const WIDTH = PAGE.width - 2 * PAGE.left;
const RIGHT = PAGE.width - PAGE.left;
const FLOOR = PAGE.height - PAGE.bottom;
const LINE = 4.4;

const LABEL: TextStyle = { size: 8.5, weight: 400, colour: INK.third };
const BODY: TextStyle = { size: 9, weight: 400, colour: INK.text };
const BOLD: TextStyle = { size: 9, weight: 600, colour: INK.text };
const NAME: TextStyle = { size: 10.5, weight: 600, colour: INK.text };
const SMALL: TextStyle = { size: 8, weight: 400, colour: INK.second };

/**
 * The report as PDF, A4 (C1). Without a signature every page says that it is a preview. The same content and signature give the same bytes.
 * @throws LeveyError `report.hash` when the signature is bound to another content; `report.name` when no font has the patient's name and
 * there is no transliteration.
 */
export function reportPdf(content: ReportContent, signature: ReportSignature | null): Uint8Array {
  if (signature !== null && signature.contentHash !== reportHash(content)) {
    throw new LeveyError({
      code: 'report.hash',
      what: 'The signature belongs to another content of this report.',
      safe: 'No report was made. What was signed is kept.',
      todo: 'Open the report again and look at it before it is signed.',
    });
  }
  const doc = new jsPDF({ unit: 'mm', format: 'a4', compress: true, putOnlyUsedFonts: true });
  new Writer(doc, content, signature).write();
  stamp(doc, 'Laboratory report', content.createdAt, canonicalJson({ content, signature }));
  return new Uint8Array(doc.output('arraybuffer'));
}

class Writer {
  readonly #doc: jsPDF;
  readonly #text: PdfText;
  readonly #content: ReportContent;
  readonly #signature: ReportSignature | null;
  readonly #name: string;
  #y = PAGE.top;

  constructor(doc: jsPDF, content: ReportContent, signature: ReportSignature | null) {
    this.#doc = doc;
    this.#text = new PdfText(doc);
    this.#content = content;
    this.#signature = signature;
    this.#name = this.#patientName();
  }

  write(): void {
    const { corrections, conclusion } = this.#content;
    const { sections, paragraphs } = this.#fitted();
    this.#head();
    this.#facts();
    this.#specimens();
    for (const correction of corrections) this.#correction(correction);
    for (const section of sections) {
      this.#room(22);
      this.#y = drawResults(this.#doc, this.#text, section, {
        left: PAGE.left,
        width: WIDTH,
        top: this.#y,
        nextTop: PAGE.nextTop,
        bottom: PAGE.bottom,
      });
      this.#y += 4;
    }
    for (const paragraph of paragraphs) this.#paragraph(paragraph);
    if (conclusion !== '') this.#paragraph({ title: 'Conclusion', text: conclusion });
    this.#signed();
    this.#frames();
  }

  /** Rows and paragraphs: a result or comment longer than half a page is given as a paragraph of its own, in full. */
  #fitted(): { sections: ReportSection[]; paragraphs: ReportComment[] } {
    const moved: ReportComment[] = [];
    const long = (words: string): boolean => tooLongForTable(this.#text, words, WIDTH);
    const sections = this.#content.sections.map((section) => ({
      ...section,
      rows: section.rows.map((row) => {
        const fitted = { ...row };
        if (long(row.result)) {
          moved.push({ title: `${row.test}: result`, text: row.result });
          fitted.result = 'see text';
        }
        if (long(row.comment)) {
          moved.push({ title: `${row.test}: comment`, text: row.comment });
          fitted.comment = 'See the comment after the results.';
        }
        return fitted;
      }),
    }));
    return { sections, paragraphs: [...moved, ...this.#content.comments] };
  }

  /** The name that can be drawn, with the Latin form behind it. */
  #patientName(): string {
    const { name, transliteration } = this.#content.patient;
    const readable = this.#text.missing(name).length === 0;
    if (readable) return name;
    if (transliteration !== '') return transliteration;
    throw new LeveyError({
      code: 'report.name',
      what: "No font on this station has the letters of the patient's name.",
      safe: 'No report was made; nothing was signed.',
      todo: 'Enter the name in Latin letters as well.',
    });
  }

  /** Goes to a new page unless `height` mm are left on this one. */
  #room(height: number): void {
    if (this.#y + height <= FLOOR) return;
    this.#doc.addPage();
    this.#y = PAGE.nextTop;
  }

  #head(): void {
    const { title, laboratory, version, replaces, reported } = this.#content;
    const text = this.#text;
    const address = [...laboratory.address];
    if (laboratory.director !== undefined) address.push(`Director ${laboratory.director}`);
    const right = laboratory.address.length === 0 ? [] : address;
    let y = PAGE.top + 5;
    for (const line of text.wrap(laboratory.name, 76, { size: 11, weight: 600 })) {
      text.draw(line, RIGHT, y, { size: 11, weight: 600, colour: INK.text, align: 'right' });
      y += 4.6;
    }
    for (const line of right.flatMap((one) => text.wrap(one, 76, SMALL))) {
      text.draw(line, RIGHT, y, { ...SMALL, align: 'right' });
      y += 3.8;
    }
    let left = PAGE.top + 5.5;
    const heading: TextStyle = { size: 16, weight: 600, colour: INK.text };
    for (const line of text.wrap(title, WIDTH - 82, heading)) {
      text.draw(line, PAGE.left, left, heading);
      left += 6.6;
    }
    left -= 0.6;
    if (this.#content.status === 'corrected') {
      drawAmend(this.#doc, PAGE.left, left);
      const mark = text.draw(`Corrected report, version ${version}`, PAGE.left + 4, left, {
        ...BOLD,
        colour: INK.corrected,
      });
      if (replaces !== null) {
        const old = `replaces version ${replaces.version} of ${replaces.reported}`;
        const beside = PAGE.left + 4 + mark + 3;
        if (beside + text.width(old, SMALL) > RIGHT - 80) left += LINE;
        text.draw(old, left > PAGE.top + 13 ? PAGE.left + 4 : beside, left, SMALL);
      }
    } else {
      const kind =
        this.#content.status === 'partial' ? 'Partial report: more results will follow' : 'Final report';
      text.draw(`${kind}, version ${version}`, PAGE.left, left, { ...BODY, colour: INK.second });
    }
    left += LINE;
    text.draw(`Reported ${reported}`, PAGE.left, left, { ...BODY, colour: INK.second });
    this.#y = Math.max(y, left + 3) + 0.5;
    this.#doc.setDrawColor(INK.text);
    this.#doc.setLineWidth(0.4);
    this.#doc.line(PAGE.left, this.#y, RIGHT, this.#y);
    this.#y += 6;
  }

  /** Who it is about and where it came from, in two columns. */
  #facts(): void {
    const { patient, requisition, requester, ward, priority } = this.#content;
    const latin =
      patient.transliteration !== '' && patient.transliteration !== this.#name
        ? ` (${patient.transliteration})`
        : '';
    const born = [patient.birthDate, patient.age].filter((part) => part !== '').join(', ');
    const left: [string, string][] = [
      ['Patient id', patient.id],
      ['Born', born],
      ['Sex', patient.sex],
    ];
    const right: [string, string][] = [
      ['Requisition', [requisition, priority].filter((part) => part !== '').join(', ')],
      ['Requested by', requester],
      ['Ward', ward],
    ];
    const top = this.#y;
    let y = top;
    this.#text.draw('Patient', PAGE.left, y, LABEL);
    const indent = 22;
    const lines = this.#text.wrap(this.#name, 72, NAME);
    let end = 0;
    lines.forEach((line, index) => {
      if (index > 0) y += LINE + 0.4;
      end = this.#text.draw(line, PAGE.left + indent, y, NAME);
    });
    if (latin !== '') {
      const beside = end + 1.5 + this.#text.width(latin.trim(), BODY) <= 72;
      if (!beside) y += LINE;
      for (const [index, line] of this.#text.wrap(latin.trim(), 72, BODY).entries()) {
        if (index > 0) y += LINE;
        this.#text.draw(line, PAGE.left + indent + (beside ? end + 1.5 : 0), y, BODY);
      }
    }
    y += LINE;
    y = this.#pairs(left, PAGE.left, indent, 72, y);
    const other = this.#pairs(right, PAGE.left + 98, 24, 56, top);
    this.#y = Math.max(y, other) + 2;
  }

  #pairs(pairs: [string, string][], x: number, indent: number, room: number, top: number): number {
    let y = top;
    for (const [label, value] of pairs) {
      if (value === '') continue;
      this.#text.draw(label, x, y, LABEL);
      for (const line of this.#text.wrap(value, room, BODY)) {
        this.#text.draw(line, x + indent, y, BODY);
        y += LINE;
      }
    }
    return y;
  }

  #specimens(): void {
    const { specimens } = this.#content;
    if (specimens.length === 0) return;
    const at = [PAGE.left, PAGE.left + 40, PAGE.left + 98, PAGE.left + 139] as const;
    ['Specimen', 'Source', 'Collected', 'Received'].forEach((title, index) => {
      this.#text.draw(title, at[index] ?? PAGE.left, this.#y, LABEL);
    });
    this.#y += LINE;
    for (const specimen of specimens) this.#specimen(specimen, at);
    this.#y += 3;
  }

  #specimen(specimen: ReportSpecimen, at: readonly [number, number, number, number]): void {
    const source = this.#text.wrap(specimen.source, 56, BODY);
    const condition = specimen.condition === '' ? '' : `Not acceptable: ${specimen.condition}`;
    const warning = condition === '' ? [] : this.#text.wrap(condition, WIDTH - 46, { ...BOLD });
    this.#room((source.length + warning.length) * LINE + 2);
    this.#text.draw(specimen.accession, at[0], this.#y, BOLD);
    this.#text.draw(specimen.collected, at[2], this.#y, BODY);
    this.#text.draw(specimen.received, at[3], this.#y, BODY);
    for (const line of source) {
      this.#text.draw(line, at[1], this.#y, BODY);
      this.#y += LINE;
    }
    if (warning.length > 0) drawStop(this.#doc, at[1], this.#y, INK.critical);
    for (const line of warning) {
      this.#text.draw(line, at[1] + 4.5, this.#y, { ...BOLD, colour: INK.critical });
      this.#y += LINE;
    }
  }

  /** Old and new value, both times, who and why (C1, (k)). */
  #correction({ test, unit, old, now, reason }: ReportCorrection): void {
    const text = this.#text;
    const inner = WIDTH - 8;
    const details = [
      `Old: reported ${old.reported}${old.by === '' ? '' : ` by ${old.by}`}. New: reported ${now.reported}${now.by === '' ? '' : ` by ${now.by}`}.`,
      `Reason: ${reason}`,
    ].flatMap((line) => text.wrap(line, inner, SMALL));
    const height = 13.2 + details.length * 3.9;
    this.#room(height + 4);
    const top = this.#y - 2;
    this.#doc.setDrawColor(INK.corrected);
    this.#doc.setLineWidth(0.35);
    this.#doc.roundedRect(PAGE.left, top, WIDTH, height, 1, 1, 'S');
    const x = PAGE.left + 4;
    let y = top + 5;
    drawAmend(this.#doc, x, y);
    text.draw(`Corrected: ${test}`, x + 4, y, { ...BOLD, colour: INK.corrected });
    y += 5.4;
    const value: TextStyle = { size: 11.5, weight: 600, colour: INK.text };
    let at = x + text.draw('Old', x, y, LABEL) + 2;
    const oldWidth = text.draw(old.result, at, y, { ...value, colour: INK.second });
    this.#doc.setDrawColor(INK.second);
    this.#doc.setLineWidth(0.4);
    this.#doc.line(at - 0.4, y - 1.4, at + oldWidth + 0.4, y - 1.4);
    at += oldWidth + 2;
    at += drawFlag(this.#doc, text, old.flag, at, y) + 2;
    at += text.draw('→', at + 1, y, { ...value, colour: INK.corrected }) + 4;
    at += text.draw('New', at, y, LABEL) + 2;
    at += text.draw(now.result, at, y, { ...value, colour: flagColour(now.flag) }) + 2;
    at += text.draw(unit, at, y, SMALL) + 2;
    drawFlag(this.#doc, text, now.flag, at, y);
    y += 4.8;
    for (const line of details) {
      text.draw(line, x, y, SMALL);
      y += 3.9;
    }
    this.#y = top + height + 4;
  }

  /** A heading and text in one column, over as many pages as it needs; the heading never stands alone. */
  #paragraph({ title, text: body }: ReportComment): void {
    const lines = this.#text.wrap(body, WIDTH, BODY);
    this.#room(LINE * Math.min(3, lines.length + 1) + 2);
    this.#y += 1.5;
    this.#text.draw(title, PAGE.left, this.#y, BOLD);
    this.#y += LINE;
    for (const line of lines) {
      this.#room(LINE);
      this.#text.draw(line, PAGE.left, this.#y, BODY);
      this.#y += LINE;
    }
    this.#y += 2;
  }

  /** The signature with its meaning, time and the hash it is bound to (C4). */
  #signed(): void {
    const text = this.#text;
    this.#room(19);
    this.#y += 2;
    this.#doc.setDrawColor(INK.line);
    this.#doc.setLineWidth(0.25);
    this.#doc.line(PAGE.left, this.#y, RIGHT, this.#y);
    this.#y += 5.5;
    if (this.#signature === null) {
      drawStop(this.#doc, PAGE.left, this.#y, INK.critical);
      text.draw('Not signed. This is a preview and not a report.', PAGE.left + 4.5, this.#y, {
        ...BOLD,
        colour: INK.critical,
      });
      this.#y += LINE;
      return;
    }
    const { name, meaning, at, contentHash: hash } = this.#signature;
    drawSeal(this.#doc, PAGE.left, this.#y);
    const signed = text.draw('Electronically signed by ', PAGE.left + 5, this.#y, BODY);
    text.draw(name, PAGE.left + 5 + signed, this.#y, BOLD);
    text.draw(at, RIGHT, this.#y, { ...BODY, align: 'right' });
    this.#y += LINE;
    for (const line of text.wrap(`Meaning: ${meaning}`, WIDTH - 5, BODY)) {
      text.draw(line, PAGE.left + 5, this.#y, BODY);
      this.#y += LINE;
    }
    text.draw(`Bound to content SHA-256 ${hash}`, PAGE.left + 5, this.#y, { ...SMALL, size: 7.5 });
    this.#y += LINE;
  }

  /** Head of a further page: whose report this is, in full but for a name longer than the line. */
  #nextHead(): void {
    const { title, requisition, laboratory, patient, version, status } = this.#content;
    const text = this.#text;
    const [laboratoryName = ''] = text.wrap(laboratory.name, 76, BODY);
    const room = WIDTH - text.width(laboratoryName, BODY) - 4;
    text.draw(text.shorten(this.#name, room, NAME), PAGE.left, 17, NAME);
    text.draw(laboratoryName, RIGHT, 17, { ...BODY, align: 'right' });
    const identity = [`Id ${patient.id}`, `born ${patient.birthDate}`, patient.sex].filter(
      (part) => part !== '',
    );
    text.draw(identity.join(', '), PAGE.left, 21.6, BODY);
    text.draw(`Requisition ${requisition}`, RIGHT, 21.6, { ...SMALL, align: 'right' });
    const what = `${title}, ${status === 'corrected' ? 'corrected report, ' : ''}version ${version}`;
    text.draw(text.shorten(what, WIDTH, SMALL), PAGE.left, 25.8, SMALL);
    this.#doc.line(PAGE.left, 27.6, RIGHT, 27.6);
  }

  /** Identity at the head of each further page and at the foot of all, when the number of pages is known. */
  #frames(): void {
    const { requisition, patient } = this.#content;
    const pages = this.#doc.getNumberOfPages();
    const text = this.#text;
    for (let page = 1; page <= pages; page++) {
      this.#doc.setPage(page);
      this.#doc.setDrawColor(INK.line);
      this.#doc.setLineWidth(0.25);
      if (page > 1) {
        this.#nextHead();
      }
      const foot = PAGE.height - 11;
      this.#doc.line(PAGE.left, foot - 4.5, RIGHT, foot - 4.5);
      text.draw(`Patient id ${patient.id} · Requisition ${requisition}`, PAGE.left, foot, SMALL);
      if (this.#signature === null) {
        const preview: TextStyle = { ...SMALL, weight: 600, colour: INK.critical };
        const word = 'Preview, not signed';
        const x = (PAGE.width - text.width(word, preview)) / 2;
        drawStop(this.#doc, x - 4, foot, INK.critical);
        text.draw(word, x, foot, preview);
      }
      text.draw(`Page ${page} of ${pages}`, RIGHT, foot, { ...SMALL, align: 'right' });
    }
  }
}
