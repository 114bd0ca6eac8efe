/** The rules a line is tested by, and what was seen of each. */
import type { SelfTestRow } from '../../../../shared/ipc/tools-line.ts';
import type { Protocol } from '../../../../shared/profiles/profile.ts';
import type { StoredRow } from '../link/ports.ts';

/** Rows shown for one rule. */
const MOST_EVIDENCE = 5;

/** What is asked of a line: number of the rule (standards sections 1 to 4), and what it should do. In the order of the report. */
const RULES: readonly [id: string, title: string, protocols: readonly Protocol[]][] = [
  ['L1', 'Frames are whole: STX, number, text, end, checksum, CR LF', ['astm']],
  ['L2', 'Frames are numbered from 1 and count on', ['astm']],
  ['L3', 'Checksums are right', ['astm']],
  ['L4', 'Frames are not longer than can be taken', ['astm']],
  ['L5', 'A transfer begins with ENQ and its answer is waited for', ['astm']],
  ['L9', 'Transfers go on without a pause of 30 s', ['astm']],
  ['L10', 'A refused frame is sent again with the same number', ['astm']],
  ['L12', 'A repeated frame has the same content', ['astm']],
  ['L14', 'Each transfer ends with EOT', ['astm']],
  ['L15', 'Nothing is sent outside frames', ['astm']],
  ['L16', 'No control characters inside frames', ['astm']],
  ['M1', 'Messages stand in whole blocks', ['hl7']],
  ['M2', 'Delimiters are given and can be told apart', ['hl7']],
  ['M3', 'Each message is acknowledged with its own number', ['hl7']],
  ['M4', 'Each message has a number of its own', ['hl7']],
  ['M5', 'Escapes can be read', ['hl7']],
  ['M6', 'The character set is named and right', ['hl7']],
  ['R1', 'Delimiters are given in the header', ['astm']],
  ['R2', 'Records are numbered and each has its parent', ['astm']],
  ['R3', 'The clock of the instrument agrees with ours to two minutes', ['astm', 'hl7']],
  ['R3.production', 'Messages are marked as production or control', ['astm', 'hl7']],
  ['R5', 'Specimen numbers are those of this laboratory', ['astm', 'hl7', 'file', 'stream']],
  ['R5.qc', 'Controls are recognised', ['astm', 'hl7', 'file', 'stream']],
  ['R6', 'Test codes are mapped', ['astm', 'hl7', 'file', 'stream']],
  ['R6.unit', 'Units are mapped', ['astm', 'hl7', 'file', 'stream']],
  ['R6.flag', 'Flags are mapped', ['astm', 'hl7', 'file', 'stream']],
  ['R6.status', 'Statuses are mapped', ['astm', 'hl7', 'file', 'stream']],
  ['R8', 'Requests for orders can be read', ['astm', 'hl7']],
  ['R9', 'Requests for orders were answered, and the answer was taken', ['astm', 'hl7']],
  ['R10', 'Times can be read', ['astm', 'hl7', 'file', 'stream']],
  ['R11', 'Messages are whole', ['astm', 'hl7', 'file', 'stream']],
];

interface Seen {
  good: number;
  bad: number;
  goodRows: SelfTestRow['evidence'];
  badRows: SelfTestRow['evidence'];
  detail: string;
}

/** Collects what is seen, rule by rule. */
export class Checks {
  readonly #seen = new Map<string, Seen>();

  /** @param text what the row shows, without patient data */
  good(id: string, row: StoredRow | null, text: string): void {
    const seen = this.#of(id);
    seen.good += 1;
    if (row !== null) keep(seen.goodRows, row, text);
  }

  bad(id: string, row: StoredRow | null, text: string): void {
    const seen = this.#of(id);
    seen.bad += 1;
    if (row !== null) keep(seen.badRows, row, text);
  }

  /** A fact beside the counts: the longest frame, the difference of the clocks. */
  detail(id: string, text: string): void {
    this.#of(id).detail = text;
  }

  rows(protocol: Protocol): SelfTestRow[] {
    return RULES.filter(([, , protocols]) => protocols.includes(protocol)).map(([id, title]) => {
      const { good, bad, goodRows, badRows, detail } = this.#seen.get(id) ?? newSeen();
      const counts = good + bad === 0 ? 'Not seen yet.' : `${good} as it should be, ${bad} not.`;
      return {
        id,
        rule: id.split('.')[0] ?? id,
        title,
        outcome: bad > 0 ? 'fail' : good > 0 ? 'pass' : 'notSeen',
        text: detail === '' ? counts : `${counts} ${detail}`,
        evidence: [...(bad > 0 ? badRows : goodRows.slice(-1))],
      };
    });
  }

  #of(id: string): Seen {
    const seen = this.#seen.get(id) ?? newSeen();
    this.#seen.set(id, seen);
    return seen;
  }
}

function newSeen(): Seen {
  return { good: 0, bad: 0, goodRows: [], badRows: [], detail: '' };
}

function keep(rows: SelfTestRow['evidence'], row: StoredRow, text: string): void {
  rows.push({ seq: row.seq, at: row.at, text });
  if (rows.length > MOST_EVIDENCE) rows.shift();
}
