/** The counters of a line, in the order in which they are told, and what each means for the eye. */

/** `flow`: what came and went. `mended`: went wrong on the wire and was put right there. `look`: a person should know. */
export type CounterGroup = 'flow' | 'mended' | 'look';

interface Told {
  readonly group: CounterGroup;
  /** Told even while it is zero. */
  readonly always?: true;
}

/** Every counter the lines have a sentence for. Others are told by their own name. */
export const counters = {
  messages: { group: 'flow', always: true },
  frames: { group: 'flow' },
  framesSent: { group: 'flow' },
  acks: { group: 'flow' },
  'sends.accepted': { group: 'flow' },
  connections: { group: 'flow' },
  blocks: { group: 'flow' },
  files: { group: 'flow' },
  bytes: { group: 'flow' },
  checksumErrors: { group: 'mended', always: true },
  naksSent: { group: 'mended' },
  retries: { group: 'mended', always: true },
  timeouts: { group: 'mended', always: true },
  duplicates: { group: 'mended', always: true },
  ignoredBytes: { group: 'mended', always: true },
  frameErrors: { group: 'mended' },
  sequenceErrors: { group: 'mended' },
  naksReceived: { group: 'mended' },
  contentions: { group: 'mended' },
  busy: { group: 'mended' },
  restarts: { group: 'mended' },
  replaced: { group: 'mended' },
  lostConnections: { group: 'mended' },
  overflows: { group: 'mended' },
  known: { group: 'mended' },
  locked: { group: 'mended' },
  spoiled: { group: 'mended' },
  strayAnswers: { group: 'mended' },
  leniencies: { group: 'look', always: true },
  refusedPeers: { group: 'look', always: true },
  refusedSecond: { group: 'look' },
  incomplete: { group: 'look' },
  overlong: { group: 'look' },
  oversize: { group: 'look' },
  overflow: { group: 'look' },
  'sends.refused': { group: 'look' },
  'sends.aborted': { group: 'look' },
  failedOpens: { group: 'look' },
  failedLooks: { group: 'look' },
  leftAlone: { group: 'look' },
  messageFailures: { group: 'look' },
  storeFailures: { group: 'look' },
  journalFailures: { group: 'look' },
  faults: { group: 'look' },
} as const satisfies Record<string, Told>;
export type CounterName = keyof typeof counters;

export interface CounterRow {
  readonly name: string;
  /** It has its own words; else its name stands for itself. */
  readonly known: boolean;
  readonly count: number;
}

export const counterGroups: readonly CounterGroup[] = ['look', 'mended', 'flow'];

/** What is told of a line's counters, by group: those always told and those that are not zero. */
export function counterRows(counted: Readonly<Record<string, number>>): Record<CounterGroup, CounterRow[]> {
  const rows: Record<CounterGroup, CounterRow[]> = { flow: [], mended: [], look: [] };
  for (const [name, told] of Object.entries<Told>(counters)) {
    const count = counted[name] ?? 0;
    if (count > 0 || told.always) rows[told.group].push({ name, known: true, count });
  }
  for (const [name, count] of Object.entries(counted))
    if (!(name in counters) && count > 0) rows.look.push({ name, known: false, count });
  return rows;
}
