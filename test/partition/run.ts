/** A campaign of partitions: rounds of trouble and peace, world after world (world.ts), and what came of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../main/engine/store/open.ts';
import { seedStation } from '../sim/demo-people.ts';
import { laboratory } from '../sim/laboratory/index.ts';
import { KEY, World } from './world.ts';

export interface PartitionOptions {
  rounds: number;
  /** Same seed: same choices. What the machine makes of them in time differs. */
  seed: number;
  /** Rounds in one world, with the same stations and server; the next world has the next seed. 10 by default. */
  perWorld?: number;
  /** Called with one line per failing round, and on request for every round. */
  say?: (line: string) => void;
  verbose?: boolean;
}

export interface PartitionSummary {
  seed: number;
  rounds: number;
  failures: number;
  kills: number;
  /** Connections broken on purpose, and faults the server played. */
  broken: number;
  faults: Record<string, number>;
  /** Commands answered, by name; refusals by command and code. */
  done: Record<string, number>;
  refused: Record<string, number>;
  unanswered: number;
  signed: number;
  /** Conflicts that were put before a person and decided. */
  decided: number;
}

/** Runs rounds, world after world; goes on after a failing world with the next one. */
export async function runPartition(options: PartitionOptions): Promise<PartitionSummary> {
  const perWorld = options.perWorld ?? 10;
  const summary: PartitionSummary = {
    ...{ seed: options.seed, rounds: 0, failures: 0, kills: 0, broken: 0, faults: {}, done: {}, refused: {} },
    ...{ unanswered: 0, signed: 0, decided: 0 },
  };
  const directory = mkdtempSync(join(tmpdir(), 'levey-partition-'));
  try {
    const template = join(directory, 'template');
    await makeTemplate(template);
    for (let seed = options.seed; summary.rounds < options.rounds; seed += 1) {
      const rounds = Math.min(perWorld, options.rounds - summary.rounds);
      const world = await World.begin(join(directory, `world-${seed}`), template, seed);
      try {
        for (let round = 1; round <= rounds; round += 1) {
          const began = Date.now();
          const problems = await world.round(round);
          summary.rounds += 1;
          if (options.verbose === true)
            options.say?.(`seed ${seed} round ${round}: ${world.told}, ${Date.now() - began} ms`);
          if (problems.length === 0) continue;
          summary.failures += 1;
          options.say?.(
            `seed ${seed} round ${round} failed (--seed ${seed} --rounds ${round}): ${world.told}: ${problems.slice(0, 12).join('; ')}${problems.length > 12 ? ` and ${problems.length - 12} more` : ''}`,
          );
          break;
        }
      } finally {
        await world.end();
        addTo(summary, world);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return summary;
}

function addTo(summary: PartitionSummary, world: World): void {
  const { ledger } = world;
  summary.kills += world.kills;
  summary.broken += world.broken;
  summary.unanswered += ledger.unanswered;
  summary.signed += ledger.signed.length;
  summary.decided += world.decided;
  for (const [name, count] of ledger.done) summary.done[name] = (summary.done[name] ?? 0) + count;
  for (const [name, count] of ledger.refused) summary.refused[name] = (summary.refused[name] ?? 0) + count;
  for (const [name, count] of Object.entries(world.faults))
    summary.faults[name] = (summary.faults[name] ?? 0) + count;
}

/** The data directory of a station on its first day: people, the laboratory's name, the catalogue. */
async function makeTemplate(dataDir: string): Promise<void> {
  const now = new Date().toISOString();
  const day = now.slice(0, 10);
  await seedStation({ dataDir, key: Uint8Array.from(KEY), stationCode: 'A1', day, history: 0 });
  const clock = { now: () => new Date() };
  const store = await openStore({ dataDir, key: Uint8Array.from(KEY), clock, stationCode: 'A1' });
  const context = { actor: 'partition', command: 'seed', station: 'A1', at: now };
  await store.write(context, async (unit) => {
    for (const doc of laboratory({ day }).catalog) unit.put('catalog', doc, { sync: true });
  });
  await store.close();
}
