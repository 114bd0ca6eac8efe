/** Test help: a journal in memory, virtual timers, and a session over a line in memory. Used by tests only. */
import type { Timers } from '../../timers.ts';
import { type MockTransport, mockTransport } from '../transports/mock.ts';
import type {
  IncompleteMessage,
  JournalPort,
  JournalRow,
  LineTrace,
  ReceivedMessage,
  SessionState,
} from './ports.ts';
import type { StoredRow } from './recover.ts';
import { LinkSession, type LinkSessionOptions } from './session.ts';

/** Timers that only run when told. */
export function virtualTimers(): Timers & { advance(ms: number): void; pending(): number[] } {
  let now = 0;
  let waiting: { at: number; run: () => void }[] = [];
  return {
    set(ms, run) {
      const entry = { at: now + ms, run };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((one) => one !== entry);
      };
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = waiting.filter((one) => one.at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = next.at;
        waiting = waiting.filter((one) => one !== next);
        next.run();
      }
      now = until;
    },
    pending: () => waiting.map((one) => one.at - now).sort((a, b) => a - b),
  };
}

/** A wire journal in memory. Set `failing` to make it refuse rows; `gate` to hold every row until the gate opens. */
export function memoryJournal(): JournalPort & {
  rows: StoredRow[];
  failing: boolean;
  gate: Promise<void> | null;
} {
  const journal = {
    rows: [] as StoredRow[],
    failing: false,
    gate: null as Promise<void> | null,
    async appendDurable(row: JournalRow): Promise<number> {
      await journal.gate;
      if (journal.failing) throw new Error('no space');
      const seq = journal.rows.length + 1;
      journal.rows.push({ seq, at: row.at, direction: row.direction, bytes: row.bytes, note: row.note });
      return seq;
    },
  };
  return journal;
}

/** What every session over a line in memory is given, and everything it says. */
export function recorded(instrumentId = 'CHEM1') {
  const line: MockTransport = mockTransport();
  const timers = virtualTimers();
  const journal = memoryJournal();
  const messages: ReceivedMessage[] = [];
  const incomplete: IncompleteMessage[] = [];
  const traces: LineTrace[] = [];
  const states: SessionState[] = [];
  const errors: unknown[] = [];
  const options = {
    instrumentId,
    transport: line,
    journal,
    clock: { now: () => new Date('2026-07-29T06:42:05.118Z') },
    timers,
    onMessage: async (message: ReceivedMessage) => {
      messages.push(message);
      return 'stored' as const;
    },
    onIncomplete: (message: IncompleteMessage) => void incomplete.push(message),
    onTrace: (trace: LineTrace) => void traces.push(trace),
    onState: (state: SessionState) => void states.push(state),
    onJournal: (error: unknown) => void errors.push(error),
  };
  return { options, said: { line, timers, journal, messages, incomplete, traces, states, errors } };
}

/** A host session over a mock line with everything it says recorded. */
export function mockSession(given: Partial<LinkSessionOptions> = {}) {
  const { options, said } = recorded();
  const session = new LinkSession({ ...options, ...given });
  session.start();
  return { ...said, session };
}
