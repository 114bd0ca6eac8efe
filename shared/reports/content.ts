/**
 * What a laboratory report says (C1), as plain data: every number, date and time is text, exactly as it is to be read. The same content gives
 * the same hash and the same PDF bytes, so a signature can be bound to it (C4).
 */

/** How a result stands to its range. Critical and abnormal are shown by shape and word, never by colour alone. */
export type ReportFlag = '' | 'L' | 'H' | 'LL' | 'HH' | 'A' | 'AA';

/** One line of results. */
export interface ReportRow {
  test: string;
  /** The value as it was sent: `< 5`, `5.40`. */
  result: string;
  flag: ReportFlag;
  unit: string;
  /** Reference range as text, `3.5–5.1`; empty when none fits. */
  range: string;
  /** The previous final result and its date. */
  previous: { result: string; at: string } | null;
  /** Shown under the line. */
  comment: string;
  /** This line replaces an earlier reported value (rule C1, (k)). */
  corrected?: boolean;
}

/** A group of lines under a title: one panel. */
export interface ReportSection {
  title: string;
  rows: ReportRow[];
}

/** A specimen the results come from. */
export interface ReportSpecimen {
  /** Accession number as it is read: `26-210-B2-0432-K`. */
  accession: string;
  /** Source and container: `Venous blood, EDTA`. */
  source: string;
  collected: string;
  received: string;
  /** Why the specimen is not acceptable, e.g. `Haemolysed`; empty when it is. */
  condition: string;
}

/** An old and a new value side by side (C1, (k)): both values and both times are shown. */
export interface ReportCorrection {
  test: string;
  unit: string;
  old: { result: string; flag: ReportFlag; reported: string; by: string };
  now: { result: string; flag: ReportFlag; reported: string; by: string };
  reason: string;
}

/** A paragraph with a heading: film, interpretation, method note. */
export interface ReportComment {
  title: string;
  text: string;
}

/** The content of one version of a report. */
export interface ReportContent {
  laboratory: { name: string; address: string[]; director?: string };
  title: string;
  /** Requisition number. */
  requisition: string;
  status: 'partial' | 'final' | 'corrected';
  version: number;
  /** The version before, for a corrected report. */
  replaces: { version: number; reported: string } | null;
  /** Instant (ISO 8601 UTC) this version was made: the creation date in the file. */
  createdAt: string;
  /** The report date as text. */
  reported: string;
  patient: {
    name: string;
    /** The name in Latin letters; empty when the same. */
    transliteration: string;
    id: string;
    birthDate: string;
    age: string;
    sex: string;
  };
  requester: string;
  ward: string;
  priority: string;
  specimens: ReportSpecimen[];
  corrections: ReportCorrection[];
  sections: ReportSection[];
  comments: ReportComment[];
  conclusion: string;
}

/** A signature as shown on the report (C4). */
export interface ReportSignature {
  name: string;
  meaning: string;
  /** When, as text with the time zone. */
  at: string;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  contentHash: string;
}
