import { causeOf } from '../../../shared/domain/refusal.ts';
import { type Bench, person } from '../bench.ts';
import { replicated } from '../live/board.ts';
import { unsentPdf } from '../output/unsent-pdf.ts';
import { printedTime, unsentGroups } from '../replication/unsent.ts';
import { readSetting } from '../settings.ts';
import type { Handlers } from './handler.ts';

/** Refused records looked at in one page. */
const PAGE = 300;

export const syncHandlers: Handlers<
  'sync.now' | 'sync.pause' | 'sync.retry' | 'sync.retryAll' | 'sync.statement' | 'sync.decide'
> = {
  'sync.now': async ({ bench }) => {
    bench.server.now();
    return null;
  },
  'sync.pause': async ({ bench, context }, { paused }) => {
    bench.store.note(context, paused ? 'sync paused' : 'sync resumed', {});
    bench.server.pause(paused);
    return null;
  },
  'sync.retry': async ({ bench, context }, { collection, docId }) => {
    await bench.server.retry(collection, docId, context);
    return null;
  },
  'sync.retryAll': async ({ bench, context }, { cause }) => {
    const found = await refusedFor(bench, cause);
    for (const { collection, docId } of found) await bench.server.retry(collection, docId, context);
    return { count: found.length };
  },
  'sync.statement': async (call) => {
    const { bench, at } = call;
    const { station } = bench;
    const groups = await unsentGroups(bench);
    const laboratory = await readSetting<{ name: string; address: string }>(bench.store, 'laboratory');
    const madeAt = printedTime(station.timeZone, at);
    const pdf = await unsentPdf(groups, {
      laboratory: laboratory ?? station.laboratory ?? { name: '', address: '' },
      station: `${station.name}, station ${station.code}`,
      server: station.server === undefined ? '' : new URL(station.server.url).host,
      line: lineText(bench),
      zone: station.timeZone,
      createdAt: at,
      madeAt,
      madeBy: person(call).name,
    });
    const records = groups.reduce((sum, group) => sum + group.records.length, 0);
    bench.store.note(call.context, 'statement made', { records });
    const name = `not-on-server-${station.code}-${madeAt.replace(' ', '-').replace(':', '')}.pdf`;
    return { pdf: Buffer.from(pdf).toString('base64'), name, records };
  },
  'sync.decide': async ({ bench, context }, { collection, docId, keepHere, seen }) => {
    await bench.server.decide(collection, docId, keepHere, context, seen);
    return null;
  },
};

/** All refused records whose refusal has this cause. */
async function refusedFor(bench: Bench, cause: string): Promise<{ collection: string; docId: string }[]> {
  const found: { collection: string; docId: string }[] = [];
  for (const collection of replicated) {
    for (let skip = 0; ; skip += PAGE) {
      const docs = await bench.store.find(collection, {
        selector: { syncState: { $eq: 'refused' } },
        sort: [{ syncState: 'asc' }, { updatedAt: 'asc' }],
        skip,
        limit: PAGE,
      });
      for (const doc of docs) if (causeOf(doc.sync.why) === cause) found.push({ collection, docId: doc.id });
      if (docs.length < PAGE) break;
    }
  }
  return found;
}

/** Where the line to the server stands, for the head of the statement. */
function lineText(bench: Bench): string {
  const { state, offlineSince, lastSyncAt } = bench.server.summary();
  const time = (at: string) => printedTime(bench.station.timeZone, at);
  const last = lastSyncAt === '' ? '' : ` Last complete sync ${time(lastSyncAt)}.`;
  switch (state) {
    case 'none':
      return 'This station has no central server. Everything is kept on it.';
    case 'paused':
      return `Sending is paused.${last} Everything is kept on this station.`;
    case 'online':
      return `Online.${last}`;
    case 'offline':
      return `Offline${offlineSince === '' ? '' : ` since ${time(offlineSince)}`}.${last} Everything is kept on this station and goes up by itself.`;
  }
}
