import { describe, expect, it } from 'vitest';
import { type LabelJob, LabelQueue, type LabelQueuePorts, RETRY_MS } from './label-queue.ts';
import { PrinterError } from './printer.ts';

const address = { host: 'p', port: 9100 };
const refused = (): PrinterError =>
  new PrinterError('printer.refused', 'refuses', 'look', false, { address });
const cut = (): PrinterError => new PrinterError('printer.broken', 'broke', 'look', true, { address });

/** Store, printer and clock of a test; every saved state is kept in order. */
function bench(left: LabelJob[] = []) {
  const stored = new Map(left.map((job) => [job.id, job]));
  const history: string[] = [];
  const sent: string[] = [];
  const offers: { from: string; to: string; jobs: string[] }[] = [];
  const timers: { at: number; run: () => void }[] = [];
  const answers: (() => Error | undefined)[] = [];
  let now = 0;
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  const ports: LabelQueuePorts = {
    jobs: {
      unfinished: async () =>
        [...stored.values()].filter((job) => job.state === 'queued' || job.state === 'printing'),
      save: async (job) => {
        stored.set(job.id, structuredClone(job));
        history.push(`${job.id} ${job.state}`);
      },
    },
    send: async (printer, zpl) => {
      expect(stored.get(zpl)?.state).toBe('printing');
      const error = answers.shift()?.();
      if (error !== undefined) throw error;
      sent.push(`${printer}:${zpl}`);
    },
    clock: { now: () => new Date(now) },
    timers: {
      set: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => {
          const index = timers.indexOf(timer);
          if (index >= 0) timers.splice(index, 1);
        };
      },
    },
    fallbackOf: (printer) => (printer === 'one' ? 'two' : undefined),
    askFallback: (offer) => offers.push(offer),
  };
  const advance = async (ms: number): Promise<void> => {
    now += ms;
    for (const timer of timers.splice(0)) {
      if (timer.at <= now) timer.run();
      else timers.push(timer);
    }
    await settle();
  };
  return {
    queue: new LabelQueue(ports),
    ports,
    stored,
    history,
    sent,
    offers,
    answers,
    timers,
    settle,
    advance,
  };
}

const job = (id: string, state: LabelJob['state']): LabelJob => ({
  id,
  zpl: id,
  printer: 'one',
  state,
  queuedAt: '2026-07-29T06:00:00.000Z',
  attempts: state === 'printing' ? 1 : 0,
  maybePrinted: false,
});
const add = (test: ReturnType<typeof bench>, id: string): Promise<LabelJob> =>
  test.queue.add({ id, zpl: id, printer: 'one' });

describe('label queue', () => {
  it('prints in order, and stores "printing" before the first byte goes out', async () => {
    const test = bench();
    await test.queue.start();
    await Promise.all([add(test, 'a'), add(test, 'b'), add(test, 'c')]);
    await test.settle();
    expect(test.sent).toEqual(['one:a', 'one:b', 'one:c']);
    expect(test.history.filter((line) => line.startsWith('a'))).toEqual([
      'a queued',
      'a printing',
      'a printed',
    ]);
    expect(test.queue.waiting('one')).toEqual([]);
  });

  it('after a crash prints what waited, and never again what was printing', async () => {
    const test = bench([job('a', 'printing'), job('b', 'queued')]);
    await test.queue.start();
    await test.settle();
    expect(test.sent).toEqual(['one:b']);
    expect(test.stored.get('a')).toMatchObject({
      state: 'failed',
      maybePrinted: true,
      why: { code: 'label.interrupted' },
    });
    const again = test.stored.get('a');
    if (again === undefined) throw new Error('gone');
    await test.queue.again(again);
    await test.settle();
    expect(test.sent).toEqual(['one:b', 'one:a']);
    expect(test.stored.get('a')).toMatchObject({ state: 'printed', maybePrinted: true });
  });

  it('tries again with growing pauses, keeps the order, and says why meanwhile', async () => {
    const test = bench();
    await test.queue.start();
    test.answers.push(refused, refused, refused);
    await add(test, 'a');
    await add(test, 'b');
    await test.settle();
    expect(test.stored.get('a')).toMatchObject({
      state: 'queued',
      attempts: 1,
      why: { code: 'printer.refused' },
    });
    for (const wait of RETRY_MS.slice(0, 3)) {
      await test.advance(wait - 1);
      expect(test.sent).toEqual([]);
      await test.advance(1);
    }
    expect(test.sent).toEqual(['one:a', 'one:b']);
    expect(test.stored.get('a')).not.toHaveProperty('why');
  });

  it('does not try a label again that may be on paper, and goes on with the next', async () => {
    const test = bench();
    await test.queue.start();
    test.answers.push(cut);
    await add(test, 'a');
    await add(test, 'b');
    await test.settle();
    await test.advance(1_000_000);
    expect(test.sent).toEqual(['one:b']);
    expect(test.stored.get('a')).toMatchObject({ state: 'failed', maybePrinted: true });
  });

  it('treats an unknown failure as maybe printed', async () => {
    const test = bench();
    await test.queue.start();
    test.answers.push(() => new Error('what was that'));
    await add(test, 'a');
    await test.settle();
    expect(test.stored.get('a')).toMatchObject({ state: 'failed', maybePrinted: true });
  });

  it('asks once before the other printer is used, and moves only when told', async () => {
    const test = bench();
    await test.queue.start();
    test.answers.push(refused, refused, refused);
    await add(test, 'a');
    await add(test, 'b');
    await test.settle();
    await test.advance(RETRY_MS[0] ?? 0);
    await test.advance(RETRY_MS[1] ?? 0);
    expect(test.offers).toEqual([{ from: 'one', to: 'two', jobs: ['a', 'b'] }]);
    expect(test.sent).toEqual([]);
    await test.queue.move('one', 'two');
    await test.settle();
    expect(test.sent).toEqual(['two:a', 'two:b']);
    await test.advance(1_000_000);
    expect(test.sent).toHaveLength(2);
  });

  it('prints at once when a person has mended the printer', async () => {
    const test = bench();
    await test.queue.start();
    test.answers.push(refused);
    await add(test, 'a');
    await test.settle();
    test.queue.wake('one');
    await test.settle();
    expect(test.sent).toEqual(['one:a']);
    expect(test.timers).toHaveLength(0);
  });

  it('keeps the label when the store refuses to record "printing"', async () => {
    const test = bench();
    await test.queue.start();
    const save = test.ports.jobs.save;
    let full = true;
    test.ports.jobs.save = async (saved) => {
      if (full && saved.state === 'printing') throw new Error('disk full');
      await save(saved);
    };
    await add(test, 'a');
    await test.settle();
    expect(test.sent).toEqual([]);
    full = false;
    await test.advance(RETRY_MS[RETRY_MS.length - 1] ?? 0);
    expect(test.sent).toEqual(['one:a']);
  });

  it('starts nothing after stop', async () => {
    const test = bench();
    await test.queue.start();
    await test.queue.stop();
    await add(test, 'a');
    await test.settle();
    expect(test.sent).toEqual([]);
    expect(test.stored.get('a')?.state).toBe('queued');
  });

  it('refuses to queue again what did not fail', async () => {
    const test = bench();
    await expect(test.queue.again(job('a', 'printed'))).rejects.toThrow(RangeError);
  });
});
