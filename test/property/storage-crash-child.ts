import { openRx, openTest, type Thing, testContext, thing } from '../../main/engine/store/sqlite/testing.ts';
import { CommandQueue } from '../../main/engine/store/uow.ts';

/**
 * Child of the crash test: writes without pause - journal, message, results, counter, attachments - and tells the parent what it may
 * acknowledge, only after the store said it is durable. It is killed at a random moment.
 */
const [directory, from] = [process.argv[2] as string, Number(process.argv[3])];
const database = openTest(directory);
await openRx(database);
const queue = new CommandQueue<{ patients: Thing; results: Thing; reports: Thing }>(database);

async function message(n: number): Promise<void> {
  const frames = await Promise.all(
    ['frame 1', 'frame 2'].map((text) =>
      database.journal.appendDurable({
        instrumentId: `i${n % 3}`,
        linkId: 'l',
        at: testContext.at,
        direction: 'in',
        bytes: Buffer.from(`${n} ${text}`),
      }),
    ),
  );
  database.journal.addMessage({
    id: `m${n}`,
    instrumentId: `i${n % 3}`,
    firstSeq: frames[0] as number,
    lastSeq: frames[1] as number,
    at: testContext.at,
    state: 'received',
    told: 'accepted',
    kind: 'results',
    digest: String(n),
    detail: null,
  });
  process.send?.({ received: n });
  await queue.write(testContext, (uow) => {
    for (let i = 0; i < 5; i++) uow.put('results', thing(`r${n}-${i}`, `m${n}`, i));
    const counter = uow.get('patients', 'counter') ?? thing('counter');
    uow.put('patients', { ...counter, extra: Number(counter.extra ?? 0) + 1 });
    if (n % 4 === 0) {
      uow.put('reports', thing(`p${n}`));
      uow.attach('reports', `p${n}`, 'report.pdf', 'application/pdf', Buffer.alloc(5000, n % 256));
    }
    uow.journalMark({ id: `m${n}`, state: 'posted' });
  });
  process.send?.({ posted: n });
}

for (let n = from; ; n += 4) await Promise.all([message(n), message(n + 1), message(n + 2), message(n + 3)]);
