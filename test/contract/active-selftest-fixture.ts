import type { PtyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import type { Transport } from '../../main/engine/instruments/transports/transport.ts';
import { realTimers } from '../../main/engine/timers.ts';
import type { ProbeRunRow } from '../../shared/ipc/tools.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import type { FaultRates } from '../sim/analyser/faults.ts';
import { type BadBench, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';

/** The active self-test against simulated devices. Used by tests only. */

/** What the test that runs has. */
export const here: { bench: BadBench; analyser: Analyser | undefined; cable: PtyPair | undefined } = {
  bench: undefined as unknown as BadBench,
  analyser: undefined,
  cable: undefined,
};
export const instrumentId = 'T1.CHEM1';
export const SPECIMEN = 'SELFTEST0001';

/** Ends everything of a test. */
export async function endAll(): Promise<void> {
  await here.analyser?.stop();
  here.analyser = undefined;
  await here.bench?.stop();
  await here.cable?.close();
  here.cable = undefined;
}

export function device(profileId: string, transport: Transport, rates?: FaultRates): Analyser {
  const profile = builtinProfile(profileId)!;
  const made = createAnalyser({
    // One that does not wait long for an acknowledgement before it sends again.
    profile: profile.protocol === 'hl7' ? { ...profile, link: { ...profile.link, ackMs: 1_500 } } : profile,
    transport,
    seed: 7,
    retryMs: 200,
    link: { interruptedMs: 1_000 },
    ...(rates === undefined ? {} : { faults: { seed: 7, rates } }),
  });
  made.start();
  here.analyser = made;
  return made;
}

export const client = (port: number) => tcpClient({ host: '127.0.0.1', port, timers: realTimers });
export const run = async (until: (row: ProbeRunRow) => boolean): Promise<ProbeRunRow> => {
  const rows = await here.bench.lead.rows(
    'selftest.run',
    { instrumentId },
    ([row]) => row !== undefined && until(row),
    60_000,
  );
  return rows[0]!;
};
export const ended = () => run(({ endedAt }) => endedAt !== '');
export const outcomes = (row: ProbeRunRow) =>
  Object.fromEntries(row.steps.map(({ id, outcome }) => [id, outcome]));
export const said = (row: ProbeRunRow) =>
  row.steps.map(({ id, outcome, text }) => `${id} ${outcome}: ${text}`).join('\n');
export const step = (row: ProbeRunRow, id: string) => row.steps.find((one) => one.id === id)!;

/** Begins against a simulator that connects to a port of its own, lets it run the test specimen, and gives the report. */
export async function against(profileId: string, rates?: FaultRates, quick = true): Promise<ProbeRunRow> {
  here.bench = await startBadBench();
  const port = await freePort();
  const target = { kind: 'listen' as const, port };
  await here.bench.lead.command('selftest.begin', {
    instrumentId,
    target,
    profileId,
    quick,
    confirmed: true,
  });
  const sim = device(profileId, client(port), rates);
  await run(({ state }) => state === 'listening');
  const measured = await sim.run(SPECIMEN);
  if (measured.outcome !== 'acknowledged') throw new Error(`the device ended ${measured.outcome}`);
  await here.bench.lead.command('selftest.finish', { instrumentId });
  return ended();
}
