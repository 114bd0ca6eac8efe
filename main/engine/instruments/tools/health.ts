/** Health counters of the lines: since the engine started, and kept by day. */
import type { HealthCount, HealthRow } from '../../../../shared/ipc/tools-line.ts';
import type { Bench } from '../../bench.ts';
import { localDay } from '../../local-time.ts';

/** How often counters are kept, milliseconds: so much of a day's count may be missing after a crash. The journal itself misses nothing. */
const KEEP_MS = 10_000;
const DAY_MS = 86_400_000;

type Counts = Record<string, number>;

/** Adds up what the lines count. A line's own counters begin at zero each time it is switched on. */
export class LineCounts {
  readonly #bench: Bench;
  readonly #read: () => ReadonlyMap<string, Counts>;
  readonly #last = new Map<string, Counts>();
  readonly #since = new Map<string, Counts>();
  #cancel: () => void;

  /** @param read the lines' own counters, by instrument */
  constructor(bench: Bench, read: () => ReadonlyMap<string, Counts>) {
    this.#bench = bench;
    this.#read = read;
    this.#cancel = this.#later();
  }

  stop(): void {
    this.#cancel();
  }

  /** Keeps what was counted since the last time. When it cannot be stored, the next time has it. */
  keep(): void {
    const day = localDay(this.#bench.station.timeZone, this.#bench.clock.now());
    for (const [id, now] of this.#read()) {
      const added = difference(this.#last.get(id) ?? {}, now);
      if (Object.keys(added).length === 0) continue;
      try {
        this.#bench.store.journal.addCounts(id, day, added);
      } catch (error) {
        this.#bench.log.warn('counts.notKept', { instrument: id, error: String(error) });
        continue;
      }
      this.#last.set(id, now);
      this.#since.set(id, sum(this.#since.get(id) ?? {}, added));
    }
  }

  /** The rows of one line: since the start, then the last `days` local days that have any, newest first. Writes nothing. */
  rows(instrumentId: string, days: number): HealthRow[] {
    const { clock, station, store, startedAt } = this.#bench;
    const now = clock.now();
    const today = localDay(station.timeZone, now);
    const from = localDay(station.timeZone, new Date(now.getTime() - (days - 1) * DAY_MS));
    // What was counted since the last time it was kept.
    const fresh = difference(this.#last.get(instrumentId) ?? {}, this.#read().get(instrumentId) ?? {});
    const kept = new Map(store.journal.counts(instrumentId, from).map(({ day, counts }) => [day, counts]));
    if (Object.keys(fresh).length > 0) kept.set(today, sum(kept.get(today) ?? {}, fresh));
    const since = sum(this.#since.get(instrumentId) ?? {}, fresh);
    const byDay = [...kept].sort(([a], [b]) => (a < b ? 1 : -1));
    return [
      { id: 'start', since: startedAt, counts: told(since) },
      ...byDay.map(([day, counts]) => ({ id: day, since: day, counts: told(counts) })),
    ];
  }

  #later(): () => void {
    return this.#bench.timers.set(KEEP_MS, () => {
      this.keep();
      this.#cancel = this.#later();
    });
  }
}

/** What came to `now` since `last`; a counter that went back was begun anew. */
function difference(last: Counts, now: Counts): Counts {
  const anew = Object.entries(last).some(([what, n]) => (now[what] ?? 0) < n);
  const added = Object.entries(now).map(([what, n]) => [what, anew ? n : n - (last[what] ?? 0)] as const);
  return Object.fromEntries(added.filter(([, n]) => n > 0));
}

function sum(a: Counts, b: Counts): Counts {
  const all = { ...a };
  for (const [what, n] of Object.entries(b)) all[what] = (all[what] ?? 0) + n;
  return all;
}

/** Counter, what it is called, what it means, and how to take it. In the order they are shown; those marked `!` are told even while zero. */
const MEANINGS: readonly [name: string, label: string, meaning: string, tone: HealthCount['tone']][] = [
  ['messages', '!Messages', 'Whole messages received.', 'plain'],
  ['frames', '!Frames', 'Frames or blocks received and acknowledged.', 'plain'],
  ['framesSent', 'Frames sent', 'Frames of ours that went out.', 'plain'],
  [
    'checksumErrors',
    '!Wrong checksums',
    'Refused and sent again (L3, L11). Many: cable, earth or speed.',
    'bad',
  ],
  ['naksSent', 'Refused by us', 'Answered NAK: what follows says why.', 'watch'],
  ['retries', '!Sent again by us', 'The instrument refused or did not hear (L10).', 'watch'],
  ['timeouts', '!Time ran out', 'A transfer stopped in the middle (L8, L9).', 'bad'],
  ['duplicates', '!Repeated', 'Sent again after a lost acknowledgement (L12, M4); counted once.', 'watch'],
  [
    'ignoredBytes',
    '!Bytes outside a frame',
    'They mean nothing (L15, M1). Many: wrong speed or parity.',
    'watch',
  ],
  [
    'leniencies',
    '!Leniencies used',
    'The instrument deviates from the standard as its profile allows.',
    'watch',
  ],
  ['refusedPeers', '!Refused peers', 'Somebody not on the list of addresses tried to connect.', 'bad'],
  ['refusedSecond', 'Second connections refused', 'The line is taken already.', 'watch'],
  ['sequenceErrors', 'Frames out of order', 'A frame number that was not due (L2, L11).', 'bad'],
  ['frameErrors', 'Malformed frames', 'A frame that is none (L1, L16).', 'bad'],
  ['incomplete', 'Broken transfers', 'Ended without L record (R11); results in them are held.', 'bad'],
  ['restarts', 'Begun anew', 'ENQ in the middle of a transfer (L14).', 'watch'],
  ['contentions', 'Both at once', 'Both wanted to send; the instrument goes first (L7).', 'plain'],
  ['naksReceived', 'Refused by the instrument', 'It answered NAK to what we sent.', 'watch'],
  ['busy', 'Told to wait', 'Too much waits to be posted; the instrument tries later (L5).', 'watch'],
  ['overlong', 'Too long', 'A frame or block above the limit (L4).', 'bad'],
  ['oversize', 'Message too large', 'All frames together are above the limit.', 'bad'],
  ['lostConnections', 'Lost connections', 'The line went away.', 'watch'],
  ['failedOpens', 'Could not open', 'The port or address could not be used.', 'bad'],
  ['storeFailures', 'Not stored', 'The disk refused; the instrument was told so and keeps it.', 'bad'],
  ['journalFailures', 'Not journalled', 'The disk refused a row of the journal.', 'bad'],
  ['messageFailures', 'Not posted at once', 'Tried again by itself.', 'bad'],
  ['faults', 'Faults of ours', 'The line was closed and began again.', 'bad'],
];

function told(counts: Counts): HealthCount[] {
  const known = MEANINGS.filter(([name, label]) => label.startsWith('!') || (counts[name] ?? 0) > 0).map(
    ([name, label, meaning, tone]): HealthCount => ({
      name,
      label: label.replace('!', ''),
      meaning,
      n: counts[name] ?? 0,
      tone: (counts[name] ?? 0) === 0 ? 'plain' : tone,
    }),
  );
  const names = new Set(MEANINGS.map(([name]) => name));
  const others = Object.entries(counts)
    .filter(([name]) => !names.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...known,
    ...others.map(([name, n]): HealthCount => ({ name, label: name, meaning: '', n, tone: 'plain' })),
  ];
}
