import { labelTime } from '../../../shared/labels/format.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { probedProfile } from '../instruments/tools/probe/profile.ts';
import { probesOf } from '../instruments/tools/probe/runs.ts';
import { stationInstrument } from '../instruments/tools/profiles.ts';
import { selfTestReport } from '../instruments/tools/selftest.ts';
import { probePdf, selfTestPdf } from '../output/selftest-pdf.ts';
import { laboratoryOf } from '../results/report-content.ts';
import type { Handlers } from './handler.ts';

/** What stands on every record of the bench tools: who made it of what, and when. */
export async function recordFacts(call: Call, instrumentId: string) {
  const { bench, at } = call;
  const time = (instant: string): string =>
    `${labelTime(instant, bench.station.timeZone) || instant} ${bench.station.timeZone}`;
  return {
    laboratory: (await laboratoryOf(bench, bench.store)).name,
    instrument: stationInstrument(bench, instrumentId).id,
    madeAt: time(at),
    createdAt: at,
    by: person(call).name,
    time,
  };
}

export const selfTestHandlers: Handlers<
  'selftest.begin' | 'selftest.finish' | 'selftest.stop' | 'selftest.runPdf' | 'selftest.pdf'
> = {
  'selftest.begin': async (call, { instrumentId, target, profileId, quick }) => {
    const { bench, context } = call;
    const { id: name } = stationInstrument(bench, instrumentId);
    const profile = await probedProfile(bench, instrumentId, target.kind === 'line' ? undefined : profileId);
    const by = person(call).name;
    const runId = probesOf(bench).begin({ instrumentId, name, target, profile, quick, by });
    bench.store.note(context, 'self-test', { instrumentId, target: target.kind, profile: profile.id, runId });
    return { runId };
  },

  'selftest.finish': async ({ bench }, { instrumentId }) => {
    probesOf(bench).finish(instrumentId);
    return null;
  },

  'selftest.stop': async ({ bench, context }, { instrumentId }) => {
    await probesOf(bench).stop(instrumentId);
    bench.store.note(context, 'self-test stopped', { instrumentId });
    return null;
  },

  'selftest.runPdf': async (call, { instrumentId }) => {
    const run = probesOf(call.bench).row(instrumentId);
    if (run === undefined)
      throw refuse('selftest.none', 'There is no active self-test to print.', 'Begin one.');
    const { time, ...facts } = await recordFacts(call, instrumentId);
    const pdf = probePdf(run, { ...facts, onLine: run.onLine }, time);
    return { pdf: Buffer.from(pdf).toString('base64'), name: `active-self-test-${facts.instrument}.pdf` };
  },

  'selftest.pdf': async (call, { instrumentId, since }) => {
    const { bench } = call;
    const { builtIn } = bench.instruments.layers(instrumentId);
    const rows = await selfTestReport(bench, instrumentId, since);
    const { time, ...facts } = await recordFacts(call, instrumentId);
    const pdf = selfTestPdf(rows, {
      ...facts,
      profile: `${builtIn.name} (${builtIn.id} ${builtIn.version}), ${builtIn.source.title}`,
      since: time(since),
    });
    return { pdf: Buffer.from(pdf).toString('base64'), name: `self-test-${facts.instrument}.pdf` };
  },
};
