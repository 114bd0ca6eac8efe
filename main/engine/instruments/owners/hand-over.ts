/** Giving an analyser over to another station, and taking it. */
import { type Call, person } from '../../bench.ts';
import { refuse } from '../../faults.ts';
import { nameOf } from './start.ts';

/** Serial number of an instrument that other stations have too. @throws LeveyError `line.notShared` */
function sharedSerial({ bench }: Call, instrumentId: string): string {
  const serialNumber = bench.instruments.serialOf(instrumentId);
  if (serialNumber === '' || bench.owners.of(serialNumber) === null)
    throw refuse(
      'line.notShared',
      'No other station has this analyser.',
      'Give it the same serialNumber in both station files.',
    );
  return serialNumber;
}

/** Gives an analyser over; the line is closed when this resolves. @throws LeveyError `line.notShared`, `line.notHere` */
export async function giveLine(call: Call, instrumentId: string): Promise<null> {
  const { bench, context } = call;
  const serialNumber = sharedSerial(call, instrumentId);
  const owner = bench.owners.of(serialNumber);
  if (owner?.here !== true)
    throw refuse(
      'line.notHere',
      `${nameOf(bench, serialNumber)} is not at this station.`,
      'Give it over where it is.',
    );
  bench.store.note(context, 'line given over', { instrumentId, serialNumber });
  await bench.owners.give(serialNumber, person(call));
  await tell(call);
  return null;
}

/**
 * Takes an analyser: one that was given over, or with a reason one whose owner is away.
 * @throws LeveyError `line.notShared`, `line.ownerThere`, `line.taken`, `line.noServer`
 */
export async function takeLine(call: Call, instrumentId: string, reason: string): Promise<null> {
  const { bench, context } = call;
  const serialNumber = sharedSerial(call, instrumentId);
  const owner = bench.owners.of(serialNumber);
  if (owner === null || owner.here) return null;
  const name = nameOf(bench, serialNumber);
  const client = bench.toServer();
  if (reason !== '' && client !== undefined && !owner.away && !owner.free)
    throw refuse(
      'line.ownerThere',
      `${owner.station} has ${name} and is there.`,
      `Ask ${owner.station} to give it over.`,
    );
  let taken: boolean;
  try {
    taken = await bench.owners.take(serialNumber, person(call), reason, client);
  } catch (error) {
    bench.log.info('owners.take', { why: error instanceof Error ? error.message : String(error) });
    throw noServer(name);
  }
  if (!taken && client === undefined) throw noServer(name);
  if (!taken) {
    const now = bench.owners.of(serialNumber)?.station ?? owner.station;
    throw refuse('line.taken', `Meanwhile ${now} has ${name}.`, `Ask ${now} to give it over.`);
  }
  const from = { instrumentId, serialNumber, from: owner.station };
  const kind = reason === '' ? 'line taken' : 'line taken over';
  bench.store.note({ ...context, ...(reason === '' ? {} : { reason }) }, kind, from);
  await tell(call);
  return null;
}

const noServer = (name: string): Error =>
  refuse(
    'line.noServer',
    `The server cannot be asked who has ${name}.`,
    'Try again when it answers. A lead or supervisor can take it over.',
  );

/** Tells the server at once, when it answers; otherwise it is told later. */
async function tell({ bench }: Call): Promise<void> {
  const client = bench.toServer();
  if (client === undefined) return;
  await bench.owners.exchange(client).catch(() => undefined);
}
