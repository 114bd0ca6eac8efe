import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { createFhirServer } from '../sim/fhir/server.ts';
import type { FhirStats } from '../sim/fhir/stats.ts';
import { parseSwitches } from '../sim/fhir/switches.ts';

/** What the bench asks of the server's process. */
export type ToServer = { ask: 'times' } | { ask: 'stats' } | { ask: 'stop' };

/** When the server was written to, ms since the epoch by its own clock. */
export interface WriteTimes {
  /** The first request that writes came in; 0 before. */
  first: number;
  /** The last such request was answered; 0 before. */
  last: number;
  requests: number;
  /** Requests of any kind. */
  all: number;
  /** Processor time of the server's process since it was ready, ms. */
  processor: number;
}

export type FromServer = { ready: string } | { times: WriteTimes } | { stats: FhirStats };

const times = { first: 0, last: 0, requests: 0, all: 0 };

function isWrite(message: unknown): boolean {
  const { request } = message as { request: IncomingMessage };
  return request.method === 'POST' && /\/R4\/?$/.test(request.url ?? '');
}

subscribe('http.server.request.start', (message) => {
  if (isWrite(message) && times.first === 0) times.first = performance.timeOrigin + performance.now();
});
subscribe('http.server.response.finish', (message) => {
  times.all += 1;
  if (!isWrite(message)) return;
  times.last = performance.timeOrigin + performance.now();
  times.requests += 1;
});

/** The simulated central server in a process of its own, that tells when it was written to. Arguments: port, switches as JSON. */
async function main(port: number, switches: string): Promise<void> {
  const server = await createFhirServer({ port, switches: parseSwitches(JSON.parse(switches)) });
  const started = process.cpuUsage();
  const tell = (message: FromServer) => process.send?.(message);
  process.on('message', (message: ToServer) => {
    if (message.ask === 'times') {
      const { user, system } = process.cpuUsage(started);
      tell({ times: { ...times, processor: (user + system) / 1000 } });
    }
    if (message.ask === 'stats') tell({ stats: server.stats() });
    if (message.ask === 'stop') void server.stop().then(() => process.exit(0));
  });
  process.once('disconnect', () => process.exit(0));
  tell({ ready: server.url });
}

await main(Number(process.argv[2]), process.argv[3] ?? '{}');
