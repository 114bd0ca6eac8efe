import { LeveyError } from '../../../../shared/errors.ts';
import { labelTime } from '../../../../shared/labels/format.ts';
import type { Bench } from '../../bench.ts';
import type { ClaimClient } from '../../claims/claims.ts';
import { setProblem } from '../../problems.ts';
import { type Rounds, startRounds } from '../../rounds.ts';
import { putSetting, readSetting } from '../../settings.ts';
import { KeptLines, LineOwners } from './owners.ts';

/** Setting that keeps which analysers this station has and which others have. */
const OWNERS = 'lines.owners';

/** The owners of the analysers of a station. */
export function ownersOf(of: () => Bench): LineOwners {
  const bench = () => of();
  const context = (command: string) => ({
    actor: 'engine',
    command,
    station: bench().station.code,
    at: bench().clock.now().toISOString(),
  });
  return new LineOwners({
    station: () => bench().station.code,
    serials: () => [
      ...new Set(bench().station.instruments.flatMap(({ serialNumber }) => serialNumber ?? [])),
    ],
    now: () => bench().clock.now(),
    shared: () => bench().station.server !== undefined,
    keep: async (lines) => {
      const at = context('lines.owners');
      await bench().store.write(at, async (unit) => putSetting(unit, at.at, OWNERS, lines));
    },
    heed: () => bench().instruments.heedOwners(),
    lost: (theirs, told) => {
      const { serialNumber, station, personId, takenFrom, reason, since } = theirs;
      bench().store.note(context('line.lost'), told ? 'line taken over elsewhere' : 'line is elsewhere', {
        ...{ serialNumber, station, by: personId, takenFrom, reason },
      });
      if (!told) return;
      const name = nameOf(bench(), serialNumber);
      const when = labelTime(since, bench().station.timeZone);
      setProblem(
        bench(),
        problemOf(serialNumber),
        new LeveyError({
          code: 'line.takenOver',
          what: `${name} was taken over at ${station} by ${theirs.name}, ${when}${reason === '' ? '' : `: ${reason}`}.`,
          safe: 'Its line is closed here. Everything it received here is kept.',
          todo: `Check that the analyser is connected to ${station}. To have it back, let it be given over there.`,
        }),
      );
    },
    won: (serialNumber) => setProblem(bench(), problemOf(serialNumber), null),
  });
}

const problemOf = (serialNumber: string): string => `taken:${serialNumber}`;

/** What the station file calls the analysers of a serial number. */
export function nameOf(bench: Bench, serialNumber: string): string {
  const names = bench.station.instruments.filter((one) => one.serialNumber === serialNumber);
  return names.map((one) => one.id).join(' and ');
}

/** Reads what an earlier run kept. Before lines are opened. */
export async function restoreOwners(bench: Bench): Promise<void> {
  const kept = KeptLines.safeParse((await readSetting(bench.store, OWNERS)) ?? {});
  if (kept.success) bench.owners.restore(kept.data);
  else bench.log.warn('owners.unreadable', { why: kept.error.message });
}

/**
 * Tells the server which analysers this station has and reads which others have, while it answers. @param everyMs between two looks
 */
export function startOwners(
  bench: Bench,
  client: ClaimClient,
  everyMs: number,
  isOnline: () => boolean,
): Rounds {
  const heeded = bench.instruments.heedOwners();
  let stopped = false;
  let shown = '';
  bench.toServer = () => (!stopped && isOnline() ? client : undefined);
  const rounds = startRounds(bench, everyMs, 'owners.later', async () => {
    try {
      if (isOnline()) await bench.owners.exchange(client);
    } finally {
      // An owner goes away without a word of its own.
      const now = JSON.stringify(bench.instruments.lines().map((line) => line.owner));
      if (now !== shown) bench.hub.changed(['channel:lines']);
      shown = now;
    }
  });
  return {
    stop: async () => {
      stopped = true;
      bench.toServer = () => undefined;
      await Promise.all([heeded, rounds.stop()]);
    },
  };
}
