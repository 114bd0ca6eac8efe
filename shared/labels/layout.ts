import { barsOf, encodeCode128, QUIET_ZONE_MODULES } from './code128.ts';
import { groupAccession } from './format.ts';
import type {
  LabelElement,
  LabelLayout,
  LabelModel,
  LabelReason,
  LabelRole,
  RequiredElement,
  TextRasteriser,
} from './model.ts';
import { printerFontHas, printerFontWidth } from './printer-font.ts';
import { closeLabel, code128Field, graphicField, openLabel, solidBox, textField } from './zpl.ts';

/** Size of the default label in millimetres (B1). */
export const LABEL_MM = { width: 50.8, height: 25.4 };

/** Module width aimed at and the smallest one printed, in millimetres (B2). */
const MODULE_MM = 0.25;
const MODULE_MIN_MM = 0.19;

/** Where the baseline of the printer's font lies, from the top of its cell. */
const BASELINE = 0.75;

/** Letters never get smaller than this part of their wanted size. */
const SMALLEST = 0.6;

/** Elements the label has none of (B1): empty or only spaces counts as missing. */
export function missingElements(model: LabelModel): RequiredElement[] {
  const required: [RequiredElement, string | undefined][] = [
    ['patient name', model.patientName],
    ['patient id', model.patientId],
    ['birth date', model.birthDate],
    ['collection time', model.collected],
    ['collector', model.collector],
    ['accession number', model.accession],
  ];
  return required.filter(([, value]) => isBlank(value)).map(([element]) => element);
}

/**
 * Lays out a specimen label of 50.8 x 25.4 mm (B1, B2) for a printer of `dpi` dots per inch. Preview, PDF and printer job all come
 * from the elements returned. Names the printer has no letters for are pictures made by `rasterise`; without one, such a label is blocked.
 */
export function layoutLabel(model: LabelModel, dpi: number, rasterise?: TextRasteriser): LabelLayout {
  const missing = missingElements(model);
  if (missing.length > 0) {
    return {
      verdict: 'blocked',
      missing,
      because: missing.map((element) => ({
        rule: 'B1',
        inputs: { element },
        text: `The label has no ${element}.`,
      })),
    };
  }
  return new Layout(model, dpi, rasterise).run();
}

interface Slot {
  role: LabelRole;
  text: string;
  /** Left edge, or right edge when `align` is right; in units of a 203 dpi dot. */
  x: number;
  y: number;
  h: number;
  /** Room to the side, in the same units. */
  room: number;
  align?: 'left' | 'right';
  /** Identity is never cut: it shrinks, or the label is blocked. */
  cut: boolean;
}

class Layout {
  readonly #model: LabelModel;
  readonly #dpi: number;
  readonly #rasterise: TextRasteriser | undefined;
  readonly #width: number;
  readonly #height: number;
  readonly #elements: LabelElement[] = [];
  readonly #because: LabelReason[] = [];

  constructor(model: LabelModel, dpi: number, rasterise: TextRasteriser | undefined) {
    if (!Number.isInteger(dpi) || dpi < 150 || dpi > 1200)
      throw new RangeError(`not a printer resolution: ${dpi}`);
    this.#model = model;
    this.#dpi = dpi;
    this.#rasterise = rasterise;
    this.#width = Math.round((LABEL_MM.width / 25.4) * dpi);
    this.#height = Math.round((LABEL_MM.height / 25.4) * dpi);
  }

  run(): LabelLayout {
    const model = this.#model;
    const name = this.#printableName();
    this.#text({ role: 'name', text: name, x: 8, y: 7, h: 32, room: 390, cut: true });
    const born = [model.birthDate.trim(), model.sex?.trim() ?? ''].filter((part) => part !== '').join(' ');
    const bornWidth = this.#text({
      role: 'birth',
      text: born,
      x: 398,
      y: 41,
      h: 21,
      room: 190,
      align: 'right',
      cut: false,
    });
    const idRoom = 390 - 12 - bornWidth;
    this.#text({
      role: 'patient-id',
      text: `MRN ${model.patientId.trim()}`,
      x: 8,
      y: 41,
      h: 21,
      room: idRoom,
      cut: false,
    });
    const barsEnd = this.#barcode();
    if (model.stat === true) this.#stat(barsEnd);
    const grouped = model.accessionText?.trim() || groupAccession(model.accession);
    const number = this.#text({
      role: 'accession',
      text: grouped,
      x: 20,
      y: 129,
      h: 22,
      room: 250,
      cut: false,
    });
    const place = this.#text({
      role: 'position',
      text: positionText(model),
      x: 398,
      y: 129,
      h: 22,
      room: 110,
      align: 'right',
      cut: false,
    });
    const besides = place === 0 ? 0 : place + 8;
    this.#text({
      role: 'tube',
      text: model.tube?.trim() ?? '',
      x: 398 - besides,
      y: 129,
      h: 22,
      room: 366 - number - besides,
      align: 'right',
      cut: true,
    });
    this.#text({
      role: 'tests',
      text: (model.tests ?? []).join(' '),
      x: 8,
      y: 152,
      h: 19,
      room: 390,
      cut: true,
    });
    const time = this.#text({
      role: 'collected',
      text: model.collected.trim(),
      x: 8,
      y: 175,
      h: 20,
      room: 220,
      cut: false,
    });
    const by = `by ${model.collector.trim()}`;
    this.#text({
      role: 'collector',
      text: by,
      x: 398,
      y: 175,
      h: 20,
      room: 378 - time,
      align: 'right',
      cut: true,
    });
    if (this.#because.length > 0) return { verdict: 'blocked', missing: [], because: this.#because };
    return {
      verdict: 'ready',
      dpi: this.#dpi,
      width: this.#width,
      height: this.#height,
      elements: this.#elements,
      zpl: toZpl(this.#elements, this.#width, this.#height),
    };
  }

  /** Dots of this printer for a length given in 203 dpi dots. */
  #dots(units: number): number {
    return Math.round((units * this.#dpi) / 203);
  }

  /** The name in its own script when some font has all of it, otherwise the Latin form. */
  #printableName(): string {
    const own = this.#model.patientName.trim();
    if (printerFontHas(own) || this.#rasterise === undefined) return own;
    const latin = this.#model.patientNameLatin?.trim() ?? '';
    const probe = this.#rasterise(own, { maxWidth: 4000, maxHeight: 100, size: 30, ellipsis: false });
    return probe.missing.length > 0 && latin !== '' ? latin : own;
  }

  /** Places one line of text and returns the width it takes, in 203 dpi dots. */
  #text(slot: Slot): number {
    if (slot.text === '') return 0;
    const room = this.#dots(slot.room);
    const height = this.#dots(slot.h);
    const right = slot.align === 'right';
    const edge = this.#dots(slot.x);
    if (printerFontHas(slot.text)) {
      const fitted = fitPrinterFont(slot.text, height, room, slot.cut);
      if (fitted === undefined) return this.#tooLong(slot.role);
      const x = right ? edge - fitted.w : edge;
      const y = this.#dots(slot.y) + (height - fitted.height);
      this.#elements.push({
        kind: 'text',
        role: slot.role,
        x,
        y,
        w: fitted.w,
        h: fitted.height,
        text: fitted.text,
        cell: { height: fitted.height, width: fitted.width },
        rotation: 'N',
        align: right ? 'right' : 'left',
        reverse: false,
      });
      return (fitted.w * 203) / this.#dpi;
    }
    if (this.#rasterise === undefined) {
      this.#block(
        'B1',
        slot.role,
        'The printer has no letters for this script and no picture of the text was made.',
      );
      return 0;
    }
    const picture = this.#rasterise(slot.text, {
      maxWidth: room,
      maxHeight: height,
      size: height,
      ellipsis: slot.cut,
    });
    if (picture.missing.length > 0) {
      this.#block('B1', slot.role, `No font on this station has all letters of the ${slot.role}.`);
      return 0;
    }
    if (picture.width > room || picture.height > height) return this.#tooLong(slot.role);
    const x = right ? edge - picture.width : edge;
    // On the baseline the printer's own letters stand on, but never outside the line.
    const top = this.#dots(slot.y);
    const wanted = top + Math.round(height * BASELINE) - picture.baseline;
    const y = Math.min(Math.max(wanted, top), top + height - picture.height);
    const { width: w, height: h } = picture;
    this.#elements.push({ kind: 'graphic', role: slot.role, x, y, w, h, text: slot.text, picture });
    return (w * 203) / this.#dpi;
  }

  /** Places the barcode and returns where its right quiet zone ends, in dots. */
  #barcode(): number {
    const data = this.#model.accession.trim();
    if (!/^[-A-Z0-9]+$/.test(data)) {
      this.#block('B2', 'barcode', 'The accession number holds a character the barcode does not carry.');
      return 0;
    }
    const symbol = encodeCode128(data);
    const perMm = this.#dpi / 25.4;
    const smallest = Math.ceil(MODULE_MIN_MM * perMm);
    const needed = symbol.modules + 2 * QUIET_ZONE_MODULES;
    const module = Math.min(Math.round(MODULE_MM * perMm), Math.floor(this.#width / needed));
    if (module < smallest) {
      this.#block('B2', 'barcode', 'The accession number is too long for a barcode on this label.');
      return 0;
    }
    const quiet = module * QUIET_ZONE_MODULES;
    const w = symbol.modules * module;
    this.#elements.push({
      kind: 'barcode',
      role: 'barcode',
      x: quiet,
      y: this.#dots(64),
      w,
      h: this.#dots(60),
      data,
      module,
      quiet,
      bars: barsOf(symbol),
    });
    return quiet + w + quiet;
  }

  /** A solid block with STAT reversed out, right of the barcode: upright where there is room, otherwise turned. */
  #stat(barsEnd: number): void {
    const right = this.#dots(400);
    const x = barsEnd + this.#dots(2);
    const y = this.#dots(64);
    const w = right - x;
    const h = this.#dots(60);
    if (w < this.#dots(24)) {
      this.#block('B2', 'stat', 'The barcode leaves no room for the STAT mark.');
      return;
    }
    this.#elements.push({ kind: 'box', role: 'stat', x, y, w, h });
    const upright = w >= this.#dots(80);
    const along = (upright ? w : h) - this.#dots(6);
    const across = Math.min((upright ? h : w) - this.#dots(8), this.#dots(34));
    const cellWidth = Math.min(
      across,
      Math.floor((across * along) / Math.max(1, printerFontWidth('STAT', across))),
    );
    const length = printerFontWidth('STAT', cellWidth);
    this.#elements.push({
      kind: 'text',
      role: 'stat',
      x: x + Math.round((w - (upright ? length : across)) / 2),
      y: y + Math.round((h - (upright ? across : length)) / 2),
      w: upright ? length : across,
      h: upright ? across : length,
      text: 'STAT',
      cell: { height: across, width: cellWidth },
      rotation: upright ? 'N' : 'R',
      align: 'left',
      reverse: true,
    });
  }

  #tooLong(role: LabelRole): number {
    this.#block('B1', role, `The ${role} is too long for this label; it is never cut.`);
    return 0;
  }

  #block(rule: LabelReason['rule'], role: LabelRole, text: string): void {
    this.#because.push({ rule, inputs: { element: role }, text });
  }
}

/** The printer job of placed elements. */
function toZpl(elements: LabelElement[], width: number, height: number): string {
  const fields = elements.map(toField);
  return openLabel(width, height) + fields.join('') + closeLabel();
}

/** One element as printer commands. */
function toField(element: LabelElement): string {
  switch (element.kind) {
    case 'box':
      return solidBox(element.x, element.y, element.w, element.h);
    case 'graphic':
      return graphicField(element.x, element.y, element.picture);
    case 'barcode':
      return code128Field(element.x, element.y, element.module, element.h, encodeCode128(element.data));
    case 'text':
      return textField(element.x, element.y, element.cell.height, element.cell.width, element.text, {
        rotation: element.rotation,
        reverse: element.reverse,
        ...(element.align === 'right' ? { rightIn: element.w } : {}),
      });
  }
}

interface Fitted {
  text: string;
  height: number;
  width: number;
  w: number;
}

/** Narrows the letters, then lowers them, then (if allowed) cuts the text with three dots, until it fits the room. */
function fitPrinterFont(text: string, height: number, room: number, cut: boolean): Fitted | undefined {
  for (let cell = height; cell >= Math.ceil(height * SMALLEST); cell--) {
    // Letters look right down to four fifths of their natural width.
    for (const width of [cell, Math.round(cell * 0.9), Math.round(cell * 0.8)]) {
      const w = printerFontWidth(text, width);
      if (w <= room) return { text, height: cell, width, w };
    }
  }
  if (!cut) return undefined;
  const cell = Math.ceil(height * SMALLEST);
  const width = Math.round(cell * 0.8);
  const chars = [...text];
  while (chars.length > 1) {
    chars.pop();
    const shown = `${chars.join('').trimEnd()}...`;
    const w = printerFontWidth(shown, width);
    if (w <= room) return { text: shown, height: cell, width, w };
  }
  return undefined;
}

function positionText(model: LabelModel): string {
  return model.position === undefined ? '' : `${model.position.index} of ${model.position.of}`;
}

function isBlank(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}
