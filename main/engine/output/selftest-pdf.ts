import { jsPDF } from 'jspdf';
import type { SelfTestRow } from '../../../shared/ipc/tools-line.ts';
import { canonicalJson } from './content-hash.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText, type TextStyle } from './pdf-text.ts';

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

const PAGE = { left: 16, right: 194, top: 18, floor: 279 };
const TITLE: TextStyle = { size: 14, weight: 600, colour: '#1A1F24' };
const BODY: TextStyle = { size: 9, weight: 400, colour: '#1A1F24' };
const BOLD: TextStyle = { size: 9, weight: 600, colour: '#1A1F24' };
const SMALL: TextStyle = { size: 8, weight: 400, colour: '#57606A' };
const WORDS = { pass: 'pass', fail: 'FAIL', notSeen: 'not seen' } as const;

/** The report of a self-test as PDF, A4. It names no patient. The same content gives the same bytes. */
export function selfTestPdf(rows: readonly SelfTestRow[], facts: SelfTestFacts): Uint8Array {
  const doc = new jsPDF({ unit: 'mm', format: 'a4', compress: true, putOnlyUsedFonts: true });
  const text = new PdfText(doc);
  let y = PAGE.top;
  const room = (height: number) => {
    if (y + height <= PAGE.floor) return;
    doc.addPage();
    y = PAGE.top;
  };
  const line = (words: string, style: TextStyle, x: number, width: number, step: number) => {
    for (const part of text.wrap(words, width, style)) {
      room(step);
      text.draw(part, x, y, style);
      y += step;
    }
  };
  line(`Self-test of ${facts.instrument}`, TITLE, PAGE.left, 178, 7);
  const count = (outcome: SelfTestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const sums = `${count('pass')} pass, ${count('fail')} fail, ${count('notSeen')} not seen`;
  for (const fact of [
    facts.laboratory,
    `Profile: ${facts.profile}`,
    `What the line showed from ${facts.since} to ${facts.madeAt}. ${sums}.`,
    `Made by ${facts.by}, ${facts.madeAt}`,
  ])
    if (fact !== '') line(fact, SMALL, PAGE.left, 178, 4.2);
  y += 3;
  for (const row of rows) {
    room(12);
    doc.setDrawColor('#D0D7DE');
    doc.line(PAGE.left, y - 3.4, PAGE.right, y - 3.4);
    text.draw(row.rule, PAGE.left, y, BOLD);
    text.draw(WORDS[row.outcome], PAGE.right, y, {
      ...(row.outcome === 'fail' ? BOLD : BODY),
      align: 'right',
    });
    line(row.title, BODY, PAGE.left + 14, 140, 4.4);
    line(row.text, SMALL, PAGE.left + 14, 164, 4);
    if (row.outcome === 'fail')
      for (const { seq, at, text: shown } of row.evidence)
        line(`journal ${seq}, ${at}: ${shown}`, SMALL, PAGE.left + 18, 160, 4);
    y += 2;
  }
  stamp(doc, `Self-test ${facts.instrument}`, facts.createdAt, canonicalJson({ rows, facts }));
  return new Uint8Array(doc.output('arraybuffer'));
}
