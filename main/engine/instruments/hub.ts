import { newBase } from '../../../shared/documents/common.ts';
import { newMapping } from '../../../shared/documents/instrument.ts';
import { LeveyError } from '../../../shared/errors.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench, InstrumentsPort } from '../bench.ts';
import { refuse } from '../faults.ts';
import { startOfLocalDay } from '../local-time.ts';
import { instrumentId } from './instrument-id.ts';
import { tellLeftBehind } from './left-behind.ts';
import { InstrumentLine } from './line.ts';
import { OrderDownloads } from './orders/download.ts';
import { tellsUnasked } from './orders/mode.ts';
import { unorderedTests } from './orders/unordered.ts';
import { reprocess } from './reprocess.ts';
import { LineCounts } from './tools/health.ts';
import { probesOf } from './tools/probe/runs.ts';

function profileOf(id: string, instrument: string): Profile {
  const profile = builtinProfile(id);
  if (profile !== undefined) return profile;
  throw new LeveyError({
    code: 'station.unknownProfile',
    what: `The station file gives ${instrument} the profile ${id}, which does not exist.`,
    safe: 'Nothing was started and nothing was changed.',
    todo: 'Name one of the profiles in docs/instruments/, for example generic-astm.',
  });
}

/** Every analyser of the station is a Device record. */
async function recordDevices(bench: Bench, profiles: ReadonlyMap<string, Profile>): Promise<void> {
  const at = bench.clock.now().toISOString();
  const context = { actor: 'engine', command: 'instruments.start', station: bench.station.code, at };
  await bench.store.write(context, async (unit) => {
    for (const config of bench.station.instruments) {
      const id = instrumentId(bench.station.code, config.id);
      const profile = profiles.get(config.id)!;
      const before = await unit.get('instruments', id);
      const facts = {
        name: config.id,
        profileId: profile.id,
        manufacturer: profile.manufacturer,
        model: profile.model,
        serialNumber: config.serialNumber ?? '',
      };
      if (before === undefined) {
        unit.put('instruments', {
          ...newBase(id, at, 'queued'),
          ...facts,
          active: true,
          ...newMapping(),
        });
      } else if (
        before.profileId !== profile.id ||
        before.serialNumber !== facts.serialNumber ||
        !before.active
      ) {
        unit.put('instruments', { ...before, ...facts, active: true });
      }
    }
  });
}

async function resultsToday(bench: Bench): Promise<Map<string, number>> {
  const since = startOfLocalDay(bench.station.timeZone, bench.clock.now());
  const results = await bench.store.find('results', {
    selector: { postedTime: { $gte: since } },
    sort: [{ postedTime: 'asc' }],
  });
  const counts = new Map<string, number>();
  for (const { instrumentId: id } of results) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Opens the lines of all analysers of the station file. What an earlier run acknowledged is posted before a line opens. */
export async function startInstruments(
  bench: Bench,
): Promise<InstrumentsPort & { stop: () => Promise<void> }> {
  const profiles = new Map(bench.station.instruments.map((i) => [i.id, profileOf(i.profile, i.id)]));
  await tellLeftBehind(bench, profiles);
  await recordDevices(bench, profiles);
  const today = await resultsToday(bench);
  const lines = new Map<string, InstrumentLine>();
  for (const config of bench.station.instruments) {
    const id = instrumentId(bench.station.code, config.id);
    lines.set(id, new InstrumentLine(bench, id, config, profiles.get(config.id)!));
  }
  const counts = new LineCounts(
    bench,
    () => new Map([...lines.values()].map((line) => [line.id, line.counters()])),
  );
  const told = [...lines.values()].filter((line) => tellsUnasked(line.ordersMode()));
  const downloads = new OrderDownloads(
    bench,
    told.map((line) => line.forDownload()),
    () => [...lines.values()].filter((line) => !told.includes(line)).map((line) => line.ordered()),
  );

  let exceptions = new Map<string, number>();
  const countExceptions = async () => {
    const open = await bench.store.find('tasks', {
      selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
    });
    exceptions = new Map();
    for (const task of open) exceptions.set(task.instrumentId, (exceptions.get(task.instrumentId) ?? 0) + 1);
    bench.hub.changed(['channel:lines']);
  };

  const lineOf = (id: string): InstrumentLine => {
    const line = lines.get(id);
    if (line === undefined)
      throw refuse(
        'instrument.unknown',
        `${id} is not an instrument of this station.`,
        'Look at the station file.',
      );
    return line;
  };
  const port: InstrumentsPort = {
    lines: () => [...lines.values()].map((line) => line.row(exceptions.get(line.id) ?? 0)),
    trace: (id) => lineOf(id).trace(),
    switch: async (id, on) => {
      await lineOf(id).switch(on);
      await downloads.lookAtAll();
    },
    serialOf: (id) => {
      lineOf(id);
      return (
        bench.station.instruments.find((one) => instrumentId(bench.station.code, one.id) === id)
          ?.serialNumber ?? ''
      );
    },
    heedOwners: async () => {
      await Promise.all([...lines.values()].map((line) => line.heedOwner()));
      await downloads.lookAtAll();
    },
    through: (id, wrap) => lineOf(id).through(wrap),
    counts: () => counts,
    layers: (id) => lineOf(id).layers(),
    profileWith: (id, doc) => lineOf(id).profileWith(doc),
    measures: () => new Map([...lines.values()].map((line) => [line.id, line.measures()])),
    unordered: () => unorderedTests([...lines.values()].map((line) => line.ordered())),
    reprocess: (unit, taskIds, context) => reprocess(bench, (id) => lines.get(id), unit, taskIds, context),
  };
  // Posting what an earlier run left asks for the mapping of a line.
  bench.instruments = port;
  for (const line of lines.values()) await line.start(today.get(line.id) ?? 0);
  await downloads.start();
  await countExceptions();
  const stopCounting = bench.store.onCommit((changed) => {
    if ('tasks' in changed) void countExceptions();
    for (const id of changed.instruments ?? []) {
      const heeded = lines.get(id)?.heedMapping();
      heeded?.catch((error: unknown) =>
        bench.log.error('mapping.heed', { instrument: id, error: String(error) }),
      );
    }
  });

  return {
    ...port,
    stop: async () => {
      await probesOf(bench).stopAll();
      stopCounting();
      downloads.stop();
      counts.stop();
      await Promise.all([...lines.values()].map((line) => line.stop()));
      counts.keep();
      await downloads.ended();
    },
  };
}
