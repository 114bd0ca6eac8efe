/** Which report versions wait for the hospital, were taken by it, or were refused: one setting per version, written with the signature (M4). */
import { createHash } from 'node:crypto';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import type { Bench } from '../bench.ts';
import { putSetting, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';

/** Where a report version is on its way to the hospital. */
export interface Delivery {
  reportId: string;
  state: 'queued' | 'delivered' | 'refused';
  /** 1, and one more for each time a person sends it again: part of MSH-10 */
  attempt: number;
  /** instant it was queued: MSH-7 */
  queuedAt: string;
  /** instant of the answer; '' before */
  answeredAt: string;
  /** the hospital's words when refused */
  text: string;
}

/** Settings of this kind begin so. */
export const DELIVERY = 'hr:';
const FROM = 'hospital:from';

function idOf(reportId: string): string {
  return `${DELIVERY}${createHash('sha256').update(reportId).digest('hex').slice(0, 32)}`;
}

/** MSH-10 of a delivery: the same after a restart, another one when a person sends it again. At most 20 characters. */
export function controlIdOf({ reportId, attempt }: Pick<Delivery, 'reportId' | 'attempt'>): string {
  const digest = createHash('sha256').update(`${reportId} ${attempt}`).digest('hex');
  return `L${digest.slice(0, 19).toUpperCase()}`;
}

export function readDelivery(reader: Reader, reportId: string): Promise<Delivery | undefined> {
  return readSetting<Delivery>(reader, idOf(reportId));
}

export function putDelivery(unit: Writer, at: string, delivery: Delivery): Promise<void> {
  return putSetting(unit, at, idOf(delivery.reportId), delivery);
}

/** Queues a report version that is signed within this unit of work; nothing where no results go to a hospital. */
export async function queueReport(bench: Bench, unit: Writer, at: string, report: ReportDoc): Promise<void> {
  if (bench.station.hospital?.results === undefined) return;
  await putDelivery(unit, at, {
    reportId: report.id,
    state: 'queued',
    attempt: 1,
    queuedAt: at,
    answeredAt: '',
    text: '',
  });
}

const PAGE = 200;

/** Reports that wait, in the order they were signed; read from the stored reports, so that no end of the engine loses one. */
export async function waitingReports(reader: Reader): Promise<string[]> {
  const waiting: { id: string; queuedAt: string }[] = [];
  let from = (await readSetting<string>(reader, FROM)) ?? '';
  for (let skip = 0; ; skip += PAGE) {
    if (from === '') from = '0';
    const page = await reader.find('reports', {
      selector: { issuedTime: { $gte: from } },
      sort: [{ issuedTime: 'asc' }],
      skip,
      limit: PAGE,
    });
    for (const report of page) {
      const delivery = await readDelivery(reader, report.id);
      if (delivery?.state === 'queued') waiting.push({ id: report.id, queuedAt: delivery.queuedAt });
    }
    if (page.length < PAGE) break;
  }
  return waiting.sort((a, b) => a.queuedAt.localeCompare(b.queuedAt)).map(({ id }) => id);
}

/** How many reports that were signed since an instant the hospital has taken; at most 10 000 are looked at. */
export async function deliveredSince(reader: Reader, since: string): Promise<number> {
  const reports = await reader.find('reports', {
    selector: { issuedTime: { $gte: since } },
    sort: [{ issuedTime: 'asc' }],
    limit: 10_000,
  });
  let delivered = 0;
  for (const { id } of reports) if ((await readDelivery(reader, id))?.state === 'delivered') delivered += 1;
  return delivered;
}

/** How far behind a look for waiting reports begins, when none waits: signatures and deliveries of the same time overlap. */
const OVERLAP_MS = 24 * 3_600_000;

/**
 * Notes that no report waits, so that the next start need not look further back than a day before. Sent again by a person, an older report is
 * looked for from its own time: see {@link lookFrom}.
 */
export async function noneWaits(unit: Writer, at: string): Promise<void> {
  await putSetting(unit, at, FROM, new Date(Date.parse(at) - OVERLAP_MS).toISOString());
}

/** An older report waits again: the next start looks from there. */
export async function lookFrom(
  unit: Writer,
  at: string,
  report: Pick<ReportDoc, 'issuedTime'>,
): Promise<void> {
  const from = await readSetting<string>(unit, FROM);
  if (from !== undefined && report.issuedTime < from) await putSetting(unit, at, FROM, report.issuedTime);
}
