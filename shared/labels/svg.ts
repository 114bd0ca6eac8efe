import type { LabelElement, ReadyLabel } from './model.ts';
import type { Bitmap } from './zpl.ts';

/**
 * A label as SVG for the screen: one unit is one printer dot. Pictures are dot for dot what is printed; the printer's own letters are shown in a
 * condensed sans serif stretched to the room they take at most. Black on white in any theme; no identifier of the page is used.
 */
export function labelSvg(label: ReadyLabel): string {
  const body = label.elements.map(toSvg).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${label.width} ${label.height}" ` +
    `shape-rendering="crispEdges"><rect width="${label.width}" height="${label.height}" fill="#fff"/>${body}</svg>`
  );
}

function toSvg(element: LabelElement): string {
  const { x, y, w, h } = element;
  switch (element.kind) {
    case 'box':
      return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="#000"/>`;
    case 'barcode': {
      const bars = element.bars.map(
        ([start, width]) =>
          `M${x + start * element.module} ${y}h${width * element.module}v${h}h-${width * element.module}z`,
      );
      return `<path d="${bars.join('')}" fill="#000"/>`;
    }
    case 'graphic':
      return `<path d="${bitmapPath(element.picture, x, y)}" fill="#000"><title>${escapeXml(element.text)}</title></path>`;
    case 'text': {
      const turned = element.rotation === 'R';
      // The printer's baseline lies at three quarters of the cell.
      const baseline = element.cell.height * 0.75;
      const at = turned
        ? `translate(${x + w - baseline} ${y}) rotate(90)`
        : `translate(${x} ${y + baseline})`;
      const length = turned ? h : w;
      return (
        `<text transform="${at}" fill="${element.reverse ? '#fff' : '#000'}" font-size="${element.cell.height}" ` +
        `font-family="'IBM Plex Sans Condensed','IBM Plex Sans',sans-serif" font-weight="600" ` +
        `textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escapeXml(element.text)}</text>`
      );
    }
  }
}

/** Runs of black dots of a picture as one path. */
export function bitmapPath(bitmap: Bitmap, x: number, y: number): string {
  return blackRuns(bitmap)
    .map(([left, row, length]) => `M${x + left} ${y + row}h${length}v1h-${length}z`)
    .join('');
}

/** Black dots of a picture as `[left, row, length]`. */
export function blackRuns(bitmap: Bitmap): [left: number, row: number, length: number][] {
  const runs: [number, number, number][] = [];
  bitmap.rows.forEach((row, index) => {
    const bits = [...row].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
    for (const match of bits.slice(0, bitmap.width).matchAll(/1+/g))
      runs.push([match.index, index, match[0].length]);
  });
  return runs;
}

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u001f]/g, ' ')
    .replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
