/** Runs one target in a thread of its own, so that one that hangs can be told from one that is slow. */
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

interface Work {
  name: string;
  runs: number;
  seed: number;
  from: number;
  progress: Int32Array;
}

const { name, runs, seed, from, progress } = workerData as Work;
const target = await targets[name]?.load();
if (target === undefined) throw new Error(`No codec of the name ${name}`);
const report = fuzz(target, {
  runs,
  seed,
  from,
  onRun: (run) => {
    progress[0] = run;
  },
});
parentPort?.postMessage(report);
