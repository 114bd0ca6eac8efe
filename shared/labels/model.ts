import type { Bitmap } from './zpl.ts';

/** What a specimen label says. All texts are ready to print: dates and times are formatted by the caller, see `format.ts`. */
export interface LabelModel {
  /** The patient's name in its own script, family name first as the laboratory writes it. */
  patientName: string;
  /** The name in Latin letters: printed instead when no font has the characters of the name. */
  patientNameLatin?: string;
  /** Unique patient identifier; `MRN ` is put before it. */
  patientId: string;
  /** Birth date as printed, `03-Feb-1960`. */
  birthDate: string;
  /** Sex as printed, one letter; not one of the five elements. */
  sex?: string;
  /** Collection time as printed, `29-Jul-2026 06:25`. */
  collected: string;
  /** Who collected, as printed: `K. Obi`. */
  collector: string;
  /** What the barcode carries: the accession number with its check character, capitals, digits and hyphens. */
  accession: string;
  /** The same number grouped for reading; by default {@link groupAccession}. */
  accessionText?: string;
  /** Tube or cap: `SST`, `Lavender`. */
  tube?: string;
  /** Which label of how many belong to the accession. */
  position?: { index: number; of: number };
  /** Codes of the tests, in the order of importance. */
  tests?: string[];
  /** Urgent: a solid black block says STAT. */
  stat?: boolean;
}

/** An element a label cannot go without (B1). */
export type RequiredElement =
  | 'patient name'
  | 'patient id'
  | 'birth date'
  | 'collection time'
  | 'collector'
  | 'accession number';

/** Why a label is blocked: the rule, what it looked at, and a sentence for the screen. No patient data in `text`. */
export interface LabelReason {
  rule: 'B1' | 'B2';
  inputs: Record<string, string | number>;
  text: string;
}

/** Text as the engine's own picture of it. */
export interface TextPicture extends Bitmap {
  /** What the picture shows: the text, or its beginning and an ellipsis. */
  shown: string;
  /** Dots from the top to the baseline. */
  baseline: number;
  /** Characters no font has; not empty means the picture must not be used. */
  missing: string[];
}

/** What a picture of text must fit into. Sizes in dots. */
export interface PictureBox {
  maxWidth: number;
  maxHeight: number;
  /** Wanted size of the letters (em). */
  size: number;
  /** May the end be replaced by an ellipsis? Otherwise the letters get as small as needed. */
  ellipsis: boolean;
}

/** Makes pictures of text for scripts the printer has no letters for; provided by the engine. */
export type TextRasteriser = (text: string, box: PictureBox) => TextPicture;

/** One thing on the label. Positions and sizes in dots from the upper left corner; `w` and `h` enclose everything drawn. */
export type LabelElement =
  | {
      kind: 'text';
      role: LabelRole;
      x: number;
      y: number;
      w: number;
      h: number;
      text: string;
      /** Height and width of the printer font's cell. */
      cell: { height: number; width: number };
      rotation: 'N' | 'R';
      /** Edge of the room the text stands at. */
      align: 'left' | 'right';
      /** White on the black block beneath. */
      reverse: boolean;
    }
  | {
      kind: 'graphic';
      role: LabelRole;
      x: number;
      y: number;
      w: number;
      h: number;
      text: string;
      picture: TextPicture;
    }
  | {
      kind: 'barcode';
      role: 'barcode';
      x: number;
      y: number;
      w: number;
      h: number;
      data: string;
      /** Width of a module in dots. */
      module: number;
      /** Quiet zone on each side in dots; `x` and `w` are of the bars alone. */
      quiet: number;
      /** Start and width of each bar, in modules from `x`. */
      bars: [start: number, width: number][];
    }
  | { kind: 'box'; role: 'stat'; x: number; y: number; w: number; h: number };

/** What an element is for. */
export type LabelRole =
  | 'name'
  | 'patient-id'
  | 'birth'
  | 'barcode'
  | 'accession'
  | 'tube'
  | 'position'
  | 'stat'
  | 'tests'
  | 'collected'
  | 'collector';

/** A label that may be printed. */
export interface ReadyLabel {
  verdict: 'ready';
  dpi: number;
  /** Size in dots. */
  width: number;
  height: number;
  elements: LabelElement[];
  /** The whole print job of one label, `^XA` to `^XZ`. */
  zpl: string;
}

/** A label that must not be printed, and why. */
export interface BlockedLabel {
  verdict: 'blocked';
  missing: RequiredElement[];
  because: LabelReason[];
}

/** Outcome of laying out a label. */
export type LabelLayout = ReadyLabel | BlockedLabel;
