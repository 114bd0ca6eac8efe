import { z } from 'zod';
import { peerIndices, statisticsOf } from '../../../shared/domain/qc/statistics.ts';
import type { QcPeerRow } from '../../../shared/ipc/qc.ts';
import type { Bench } from '../bench.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';
import { controlsBetween, periodOf } from './period.ts';

/** A peer group's figures for a lot and level of a test in a month, as given. */
export const PeerEntry = z.object({
  /** `YYYY-MM` */
  month: z.string(),
  instrumentId: z.string(),
  testCode: z.string(),
  lotId: z.string(),
  n: z.number().int(),
  mean: z.string(),
  sd: z.string(),
});
export type PeerEntry = z.infer<typeof PeerEntry>;

const PEER = 'qc.peer';

/** All figures of peer groups, in the order they came. */
export async function peerEntries(reader: Reader): Promise<PeerEntry[]> {
  const stored = z.array(PeerEntry).safeParse(await readSetting(reader, PEER));
  return stored.success ? stored.data : [];
}

const keyOf = ({ month, instrumentId, testCode, lotId }: PeerEntry): string =>
  `${month} ${instrumentId} ${testCode} ${lotId}`;

/** Adds figures; those for the same month, instrument, test and lot take the place of earlier ones. */
export async function putPeerEntries(
  unit: Writer,
  at: string,
  before: readonly PeerEntry[],
  fresh: readonly PeerEntry[],
): Promise<void> {
  const replaced = new Set(fresh.map(keyOf));
  await putSetting(unit, at, PEER, [...before.filter((one) => !replaced.has(keyOf(one))), ...fresh]);
}

/** Own figures of an instrument beside its peer groups', newest month first. Excluded points do not count (W12). */
export async function peerRows(bench: Bench, instrumentId: string): Promise<QcPeerRow[]> {
  const entries = (await peerEntries(bench.store)).filter((one) => one.instrumentId === instrumentId);
  const rows: QcPeerRow[] = [];
  for (const entry of entries) {
    const { from, to } = periodOf(entry.month, bench.station.timeZone);
    const controls = await controlsBetween(bench.store, instrumentId, entry.testCode, from, to);
    const values = controls
      .filter(
        (one) => one.lotId === entry.lotId && one.excluded === null && one.value.comparator === undefined,
      )
      .flatMap((one) => (one.value.number === undefined ? [] : [one.value.number]));
    const own = statisticsOf(values);
    const group = { n: entry.n, mean: Number(entry.mean), sd: Number(entry.sd) };
    const lot = bench.qcLots.byId(entry.lotId);
    rows.push({
      id: keyOf(entry),
      ...{ month: entry.month, instrumentId, testCode: entry.testCode },
      testName: bench.catalog.test(entry.testCode)?.name ?? entry.testCode,
      lot: lot?.lot ?? '',
      level: lot === undefined ? '' : `${lot.material} ${lot.level}`,
      own,
      group,
      ...peerIndices(own, group),
    });
  }
  return rows.sort((a, b) => (a.month < b.month ? 1 : a.month > b.month ? -1 : a.id < b.id ? -1 : 1));
}
