import { jsPDF } from 'jspdf';
import { LABEL_MM } from '../../../shared/labels/layout.ts';
import type { LabelElement, ReadyLabel } from '../../../shared/labels/model.ts';
import { stamp } from './pdf-stamp.ts';
import { PdfText } from './pdf-text.ts';

/**
 * Labels as a PDF, one page of 50.8 x 25.4 mm each, from the same layout as the printer job: bars as vector rectangles a whole number of
 * dots wide, embedded letters, no pictures. `createdAt` (ISO 8601 UTC) is the only date in the file, so that the same labels give the same bytes.
 * @throws RangeError without labels.
 */
export function labelPdf(labels: readonly ReadyLabel[], createdAt: string): Uint8Array {
  if (labels.length === 0) throw new RangeError('no labels');
  const format = [LABEL_MM.width, LABEL_MM.height];
  const doc = new jsPDF({
    unit: 'mm',
    format,
    orientation: 'landscape',
    compress: true,
    putOnlyUsedFonts: true,
  });
  const text = new PdfText(doc);
  labels.forEach((label, index) => {
    if (index > 0) doc.addPage(format, 'landscape');
    for (const element of label.elements) drawElement(doc, text, element, LABEL_MM.width / label.width);
  });
  stamp(doc, 'Specimen labels', createdAt, labels.map((label) => label.zpl).join(''));
  return new Uint8Array(doc.output('arraybuffer'));
}

/** Draws one element; `dot` is the size of a printer dot in mm. */
function drawElement(doc: jsPDF, text: PdfText, element: LabelElement, dot: number): void {
  const [x, y, w, h] = [element.x * dot, element.y * dot, element.w * dot, element.h * dot];
  switch (element.kind) {
    case 'box':
      doc.setFillColor('#000000');
      doc.rect(x, y, w, h, 'F');
      return;
    case 'barcode':
      doc.setFillColor('#000000');
      for (const [start, width] of element.bars) {
        doc.rect(x + start * element.module * dot, y, width * element.module * dot, h, 'F');
      }
      return;
    case 'graphic':
      text.fill(element.picture.shown, x, y, w, h, 600);
      return;
    case 'text': {
      // The printer's capitals are three quarters of the cell high, these seven tenths of the letter size.
      const size = ((element.cell.height * dot) / 25.4) * 72;
      const natural = text.width(element.text, { size, weight: 600 });
      doc.setFont(text.family, 'bold');
      doc.setFontSize(size);
      doc.setTextColor(element.reverse ? '#FFFFFF' : '#000000');
      const turned = element.rotation === 'R';
      const baseline = element.cell.height * dot * 0.75;
      const stretch = Math.min(1, (turned ? h : w) / natural);
      const left = element.align === 'right' ? x + w - natural * stretch : x;
      if (turned) text.scaled(element.text, x + w - baseline, y, stretch, 'fill', -90);
      else text.scaled(element.text, left, y + baseline, stretch, 'fill');
    }
  }
}
