/** When a station has sent and fetched all it can. */
import { setTimeout as pause } from 'node:timers/promises';
import { documentsOf, waitsForPerson } from './check.ts';
import type { Station } from './station.ts';

/** Longest time of one look at the server and back; a wait the server asked for is within it. */
const ROUND_MS = 90_000;
/** Nothing is left to send, or only what waits for a person to decide about something it names. */
export async function isDone(station: Station, left: number): Promise<boolean> {
  if (left === 0) return true;
  const all = await documentsOf(station);
  const queued = Object.values(all).flatMap((docs) => docs.filter((doc) => doc.syncState === 'queued'));
  return queued.length === left && queued.every((doc) => waitsForPerson(doc, all));
}

/** Asks a station to look at the server now and waits until it has sent and fetched all it can. @returns what is left to send */
export async function wholeRound(station: Station): Promise<number> {
  const deadline = Date.now() + ROUND_MS;
  const [first] = await station.rows('sync.summary', {});
  await station.command('sync.now', {});
  for (;;) {
    const [now] = await station.rows('sync.summary', {});
    if (now !== undefined && now.state === 'online' && now.lastSyncAt !== first?.lastSyncAt)
      return now.queued;
    if (Date.now() > deadline) {
      const told = (await station.rows('sync.events', {}))
        .slice(0, 6)
        .map((event) => `${event.at} ${event.text}`);
      throw new Error(
        `${station.code} did not get through: ${JSON.stringify(now)}; ${told.join(' | ')}; ${await station.active()}`,
      );
    }
    await pause(15);
  }
}
