import type { Label, SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { toPlainError } from '../../../shared/errors.ts';
import type { StripRow } from '../../../shared/ipc/strip.ts';
import type { Bench, LabelsPort } from '../bench.ts';
import { setProblem } from '../problems.ts';
import type { WriteContext } from '../store/store.ts';
import { layoutOf } from './label-of.ts';
import { type LabelJob, LabelQueue } from './label-queue.ts';
import { sendJob } from './printer.ts';

/** The label of a specimen that was never asked for. */
export function newLabel(): Label {
  return { printer: '', queuedAt: '', printedAt: '', attempts: 0, why: '', maybePrinted: false, copies: 0 };
}

function contextOf(bench: Bench): WriteContext {
  return {
    actor: 'engine',
    command: 'label.queue',
    station: bench.station.code,
    at: bench.clock.now().toISOString(),
  };
}

/** Makes the print job of a specimen's label; undefined when it may not be printed (B1). */
async function jobOf(
  bench: Bench,
  specimen: SpecimenDoc,
  printer: { id: string; dpi: number },
): Promise<LabelJob | undefined> {
  const patient = await bench.store.get('patients', specimen.patientId);
  if (patient === undefined) return undefined;
  const layout = layoutOf(bench, patient, specimen, printer.dpi);
  if (layout.verdict === 'blocked') return undefined;
  return {
    id: specimen.id,
    zpl: layout.zpl,
    printer: printer.id,
    state: specimen.labelState === 'printing' ? 'printing' : 'queued',
    queuedAt: specimen.label.queuedAt,
    attempts: specimen.label.attempts,
    maybePrinted: specimen.label.maybePrinted,
  };
}

/** Writes where a label is into its specimen: bookkeeping of this station, not a change for the server. */
async function save(bench: Bench, job: LabelJob): Promise<void> {
  await bench.store.write(contextOf(bench), async (unit) => {
    const specimen = await unit.get('specimens', job.id);
    if (specimen === undefined) return;
    unit.put(
      'specimens',
      {
        ...specimen,
        labelState: job.state,
        label: {
          ...specimen.label,
          printer: job.printer,
          printedAt: job.printedAt ?? '',
          attempts: job.attempts,
          why: job.why?.what ?? '',
          maybePrinted: job.maybePrinted,
        },
      },
      { sync: true },
    );
  });
}

/**
 * Prints the labels of specimens: those in state `queued` go to the station's first printer, in order; what was printing when the station
 * stopped is failed and says it may be on paper. Without a printer labels wait.
 */
export function startLabels(bench: Bench): LabelsPort & { stop: () => Promise<void> } {
  const [printer] = bench.station.printers;
  let state: StripRow['printer'] =
    printer === undefined
      ? { name: '', state: 'none', why: 'No printer in the station file. Labels wait in the queue.' }
      : { name: printer.id, state: 'ready', why: '' };
  const setState = (next: StripRow['printer']) => {
    state = next;
    bench.hub.changed(['channel:printer']);
  };
  if (printer === undefined) return { state: () => state, wake: () => {}, stop: async () => {} };

  const known = new Set<string>();
  const queue = new LabelQueue({
    clock: bench.clock,
    timers: bench.timers,
    jobs: {
      unfinished: () => unfinished(),
      save: (job) => save(bench, job),
    },
    send: (_name, zpl) => sendJob({ host: printer.host, port: printer.port }, zpl, bench.timers),
    storeFailed: (error) => bench.log.error('label.storeFailed', { code: toPlainError(error).code }),
    changed: (job) => {
      if (job.state === 'printed' || job.state === 'failed') known.delete(job.id);
      if (job.why !== undefined) {
        setState({ name: printer.id, state: 'failed', why: job.why.what });
        setProblem(bench, 'printer', job.why);
      } else if (job.state === 'printed') {
        setState({ name: printer.id, state: 'ready', why: '' });
        setProblem(bench, 'printer', null);
      }
    },
  });

  async function unfinished(): Promise<LabelJob[]> {
    const jobs: LabelJob[] = [];
    for (const labelState of ['printing', 'queued'] as const) {
      const specimens = await bench.store.find('specimens', {
        selector: { labelState: { $eq: labelState } },
      });
      for (const specimen of specimens) {
        if (known.has(specimen.id)) continue;
        const job = await jobOf(bench, specimen, printer!);
        if (job === undefined) continue;
        known.add(specimen.id);
        jobs.push(job);
      }
    }
    return jobs.sort((a, b) => a.queuedAt.localeCompare(b.queuedAt) || a.id.localeCompare(b.id));
  }

  let looking: Promise<void> = queue.start();
  const look = async () => {
    for (const job of await unfinished()) await queue.add({ id: job.id, zpl: job.zpl, printer: printer.id });
  };
  return {
    state: () => state,
    wake: () => {
      looking = looking.then(look).catch((error: unknown) => {
        bench.log.error('label.lookFailed', { code: toPlainError(error).code });
      });
      queue.wake(printer.id);
    },
    stop: async () => {
      await looking;
      await queue.stop();
    },
  };
}
