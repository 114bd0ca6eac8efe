import { isDeepStrictEqual } from 'node:util';
import type { Adaptation, FirstLoad, SyncEventRow, SyncSummaryRow } from '../../../shared/ipc/sync.ts';

/** Sentences kept for the window. */
const EVENTS = 200;
/** Span over which the rate is measured, in ms. */
const RATE_WINDOW_MS = 20_000;

export type SyncSummary = Omit<SyncSummaryRow, 'id' | 'queued' | 'refused' | 'conflicts' | 'kept'>;

/** What is known of a server before it was asked. */
export const notAsked: Pick<SyncSummary, 'firstLoad' | 'clockSkewSeconds' | 'pace' | 'adaptations'> = {
  firstLoad: null,
  clockSkewSeconds: null,
  pace: { perMinute: null, why: '' },
  adaptations: [],
};

/** Counters of a day, kept over a restart. */
export interface DayCount {
  day: string;
  sent: number;
  fetched: number;
}

/** What the window shows about the line to the server. */
export class Status {
  private readonly now: () => Date;
  private readonly day: (at: Date) => string;
  private readonly changed: () => void;
  private readonly ring: SyncEventRow[] = [];
  private readonly sentAt: { at: number; count: number }[] = [];
  private nextEvent = 1;
  private count: DayCount;
  private readonly values: Omit<SyncSummary, 'sentToday' | 'fetchedToday' | 'rate' | 'minutesLeft'>;
  private waiting: number | undefined;
  private endsAt: number | undefined;

  /** @param day local day of an instant, `YYYY-MM-DD` @param changed called after every change */
  constructor(server: string, now: () => Date, day: (at: Date) => string, changed: () => void) {
    this.now = now;
    this.day = day;
    this.changed = changed;
    this.count = { day: day(now()), sent: 0, fetched: 0 };
    this.values = {
      state: server === '' ? 'none' : 'offline',
      server,
      offlineSince: '',
      lastSyncAt: '',
      nextTryAt: '',
      why: server === '' ? '' : 'not asked yet',
      ...notAsked,
    };
  }

  /** Sets what is known now. */
  set(
    values: Partial<Pick<SyncSummary, 'state' | 'offlineSince' | 'lastSyncAt' | 'nextTryAt' | 'why'>>,
  ): void {
    Object.assign(this.values, values);
    this.changed();
  }

  /** Nothing waits any more on either side. */
  synced(): void {
    this.set({ lastSyncAt: this.now().toISOString() });
  }

  /** The first load got so far; null when it is over or there is none. */
  loading(progress: FirstLoad | null): void {
    this.values.firstLoad = progress === null ? null : { ...progress };
    this.changed();
  }

  /** The server's clock less this station's, in seconds; null when it cannot be told. Whole seconds are kept: less is the network. */
  clockSkew(seconds: number | null): void {
    const whole = seconds === null ? null : Math.round(seconds);
    if (whole === this.values.clockSkewSeconds) return;
    this.values.clockSkewSeconds = whole;
    this.changed();
  }

  /** Writes a minute it keeps to, null for no limit, and why in plain words. */
  pacing(perMinute: number | null, why: string): void {
    const { pace } = this.values;
    if (pace.perMinute === perMinute && pace.why === why) return;
    this.values.pace = { perMinute, why };
    this.changed();
  }

  /** What the server lacks; replaces what was said before. */
  adapted(adaptations: readonly Adaptation[]): void {
    if (isDeepStrictEqual(adaptations, this.values.adaptations)) return;
    this.values.adaptations = [...adaptations];
    this.changed();
  }

  /** Adds a sentence; the same one twice in a row is written once. */
  say(text: string): void {
    if (this.ring[0]?.text === text) return;
    this.ring.unshift({ id: String(this.nextEvent), at: this.now().toISOString(), text });
    this.nextEvent += 1;
    if (this.ring.length > EVENTS) this.ring.pop();
    this.changed();
  }

  sent(count: number): void {
    if (count === 0) return;
    this.today().sent += count;
    const at = this.now().getTime();
    this.sentAt.push({ at, count });
    while ((this.sentAt[0]?.at ?? at) < at - RATE_WINDOW_MS) this.sentAt.shift();
    this.changed();
  }

  fetched(count: number): void {
    if (count === 0) return;
    this.today().fetched += count;
    this.changed();
  }

  /** Resources that still wait. @param ms how long they take by the server's quota; null where none is known: then the rate tells */
  left(waiting: number, ms: number | null = null): void {
    this.waiting = waiting;
    this.endsAt = ms === null || ms === 0 ? undefined : this.now().getTime() + ms;
    this.changed();
  }

  /** Counters of today, to be kept. */
  today(): DayCount {
    const day = this.day(this.now());
    if (this.count.day !== day) this.count = { day, sent: 0, fetched: 0 };
    return this.count;
  }

  /** Takes over counters kept earlier, when they are of today. */
  resume(kept: DayCount | undefined): void {
    if (kept?.day === this.day(this.now())) this.count = { ...kept };
  }

  /** Newest first. */
  events(): SyncEventRow[] {
    return [...this.ring];
  }

  summary(): SyncSummary {
    const rate = this.rate();
    const { sent, fetched } = this.today();
    const byQuota =
      this.endsAt === undefined ? undefined : Math.max(0, this.endsAt - this.now().getTime()) / 60_000;
    const minutesLeft = byQuota ?? this.byRate(rate);
    return { ...this.values, sentToday: sent, fetchedToday: fetched, rate, minutesLeft };
  }

  private byRate(rate: number | null): number | null {
    if (rate === null || rate === 0 || this.waiting === undefined) return null;
    return this.waiting / rate / 60;
  }

  /** Records per second over the last seconds; null when nothing was sent in them. */
  private rate(): number | null {
    const now = this.now().getTime();
    const recent = this.sentAt.filter((item) => item.at >= now - RATE_WINDOW_MS);
    const first = recent[0];
    if (first === undefined) return null;
    const total = recent.reduce((sum, item) => sum + item.count, 0);
    return total / Math.max(1, (now - first.at) / 1000);
  }
}
