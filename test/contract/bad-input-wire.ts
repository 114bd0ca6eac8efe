/** A bench with an instrument on its wire for every test of a file. */
import { afterEach, beforeEach } from 'vitest';
import type { QueryRow } from '../../shared/ipc/contract.ts';
import { type BadBench, RawInstrument, receivedTube, startBadBench } from './bad-input-fixture.ts';

/** Made anew before each test. */
export interface Wire {
  bench: BadBench;
  instrument: RawInstrument;
  /** a received tube with sodium, potassium and chloride ordered */
  tube: string;
  /** The results, once there are so many. */
  results(n: number): Promise<QueryRow<'results.list'>[]>;
}

/** Starts a bench before each test of the file that calls this, and stops it afterwards. */
export function wireForEach(): Wire {
  const wire = {
    results: (n: number) =>
      wire.bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n),
  } as Wire;
  beforeEach(async () => {
    wire.bench = await startBadBench();
    wire.tube = await receivedTube(wire.bench.tech, ['LYTES']);
    wire.instrument = await RawInstrument.connect(wire.bench.port);
  });
  afterEach(async () => {
    wire.instrument?.end();
    await wire.bench?.stop();
  });
  return wire;
}
