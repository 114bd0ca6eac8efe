/**
 * `npm test`: everything, in the order in which a fault is cheapest to find. Each step with its time; the last line is the count.
 *
 *   node build/test.ts [step ...]      only these steps: types lint unit build e2e
 */
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAll } from './build.ts';
import { ensureNode24 } from './node24.ts';
import { projectRoot } from './paths.ts';
import { run } from './run.ts';
import { runMain, say } from './say.ts';
import { ensureSystemPackages, TEST_PACKAGES } from './system-packages.ts';
import { checkTypes } from './types.ts';

/** Numbers of tests. A step that is not made of tests counts as one. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const bin = (name: string): string => join(projectRoot, 'node_modules', '.bin', name);

/** The part of vitest's JSON report that is counted. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/**
 * Counts a vitest report. A test file that could not even be loaded has no tests in the report: it counts as one failure.
 */
export function countsOf(report: Report): Counts {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Runs vitest with a configuration file and counts. A run that leaves no report, or fails without a failed test, is a failure. */
async function vitest(config: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'levey-test-'));
  // What tests leave behind goes with the run; programs that run as somebody else must be able to reach it.
  const scratch = join(folder, 't');
  await mkdir(scratch);
  await chmod(folder, 0o755);
  await chmod(scratch, 0o1777);
  try {
    const file = join(folder, 'report.json');
    const args = [
      'run',
      '--config',
      config,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ];
    const ran = await run(bin('vitest'), args, {
      cwd: projectRoot,
      inherit: true,
      env: { ...process.env, TMPDIR: scratch },
    });
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return { passed: 0, failed: 1, skipped: 0 };
    const counts = countsOf(JSON.parse(text) as Report);
    if (ran.code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const one = (ok: boolean): Counts => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

const STEPS: Record<string, () => Promise<Counts>> = {
  types: async () => {
    const failed = await checkTypes();
    for (const { project, output } of failed) process.stderr.write(`tsconfig.${project}.json\n${output}\n`);
    return one(failed.length === 0);
  },
  lint: async () => {
    const ran = await run(bin('biome'), ['check', '--error-on-warnings', '.'], { cwd: projectRoot });
    if (ran.code !== 0) process.stderr.write(ran.output);
    return one(ran.code === 0);
  },
  unit: () => vitest('vitest.config.ts'),
  build: async () => {
    const { absent } = await buildAll();
    if (absent.length > 0) say(`no source for: ${absent.join(', ')}`);
    return one(absent.length === 0);
  },
  e2e: () => vitest('vitest.e2e.config.ts'),
};

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !(name in STEPS));
  if (unknown.length > 0)
    throw new Error(`no such step: ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(' ')}`);
  await ensureNode24();
  await ensureSystemPackages(TEST_PACKAGES);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(`${name} ...`);
    const started = performance.now();
    const counts = await step().catch((error: unknown) => {
      console.error(error);
      return one(false);
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    lines.push(
      `${name.padEnd(8)}${seconds.padStart(7)} s   ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    );
    say(lines.at(-1) as string);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

if (import.meta.main) await runMain(main);
