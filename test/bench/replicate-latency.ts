import { rm } from 'node:fs/promises';
import type { ResultRow } from '../../shared/ipc/results.ts';
import { freePort } from '../contract/free-port.ts';
import { Random } from '../sim/laboratory/index.ts';
import { message, prepareSpecimens, Sender, TESTS } from './ingest-work.ts';
import { atMost, type Metric, median, p95, round } from './metric.ts';
import { copyOf, ServerChild, stationFile } from './replicate-parts.ts';
import { type Place, Summary, startEngine } from './replicate-place.ts';

const LATENCY_RATIO = 1.2;
/** Messages of the latency measurement, and the pause between two of them, ms. */
const MESSAGES = 150;
const PAUSE_MS = 40;

/** From an analyser's last byte to the row on the screen, with nothing to send and while the queue drains, in one run of the engine. */
export async function* latency(place: Place, say: (line: string) => void): AsyncGenerator<Metric> {
  const specimens = await prepareSpecimens(place.kept, 2 * MESSAGES + 40);
  const [serverPort, linePort] = [await freePort(), await freePort()];
  const directory = await copyOf(place.kept, 'replicate-run');
  const file = await stationFile(place.folder, `http://127.0.0.1:${serverPort}/fhir/R4`, [linePort]);
  const engine = startEngine(directory, file);
  let server: ServerChild | undefined;
  const random = new Random('replicate');
  const seen = new Map<string, number>();
  try {
    await engine.ready;
    await engine.signIn();
    const summary = await Summary.watch(engine);
    let wake: () => void = () => undefined;
    await engine.watch<ResultRow>('results.list', { filter: 'toDecide' }, (rows) => {
      for (const row of rows)
        if (!seen.has(row.accessionIdentifier)) seen.set(row.accessionIdentifier, performance.now());
      wake();
    });
    const sender = await Sender.open(linePort);
    const once = async (): Promise<number> => {
      const specimen = specimens.pop();
      if (specimen === undefined) throw new Error('not enough specimens were prepared');
      await sender.send(message(random, [specimen], TESTS.length));
      while (!seen.has(specimen)) await new Promise<void>((done) => (wake = done));
      await new Promise((done) => setTimeout(done, PAUSE_MS + random.next() * PAUSE_MS));
      return (seen.get(specimen) as number) - sender.lastByteAt;
    };
    for (let i = 0; i < 20; i++) await once();
    const rest: number[] = [];
    for (let i = 0; i < MESSAGES; i++) rest.push(await once());
    server = await ServerChild.start(serverPort, {});
    await engine.command('sync.now', {});
    const before = summary.row?.queued ?? 0;
    await summary.when((row) => row.queued < before);
    const load: number[] = [];
    const [waiting, began] = [summary.row?.queued ?? 0, performance.now()];
    while ((summary.row?.queued ?? 0) > 200 && load.length < MESSAGES) load.push(await once());
    const sent = ((waiting - (summary.row?.queued ?? 0)) * 1000) / (performance.now() - began);
    say(
      `${rest.length} messages at rest: p50 ${round(median(rest))} ms, p95 ${round(p95(rest))} ms; ${load.length} while draining: p50 ${round(median(load))} ms, p95 ${round(p95(load))} ms, and ${round(sent)} records a second fewer in the queue`,
    );
    yield atMost(
      'replicate',
      'message of 20 results, last byte to visible, p95 while draining, against p95 at rest',
      p95(load),
      'ms',
      LATENCY_RATIO,
      p95(rest),
    );
    sender.close();
  } finally {
    await engine.stop();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
