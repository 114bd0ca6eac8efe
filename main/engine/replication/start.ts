import type { Bench, ServerPort } from '../bench.ts';
import { refuse } from '../faults.ts';

/** The port of a station without a central server: everything stays here, and says so. */
function noServer(): ServerPort & { stop: () => Promise<void> } {
  const none = () => {
    throw refuse(
      'server.none',
      'This station has no central server.',
      'Name one in the station file (docs/station.md).',
    );
  };
  return {
    summary: () => ({
      state: 'none',
      server: '',
      offlineSince: '',
      lastSyncAt: '',
      nextTryAt: '',
      why: '',
      sentToday: 0,
      fetchedToday: 0,
      rate: null,
      minutesLeft: null,
    }),
    events: () => [],
    now: none,
    pause: none,
    retry: none,
    decide: none,
    stop: async () => {},
  };
}

/** Starts replication with the station's central server, if it names one. `directory` is where relative secret files start from. */
export async function startServer(
  _bench: Bench,
  _directory: string,
): Promise<ServerPort & { stop: () => Promise<void> }> {
  return noServer();
}
