/**
 * `npm test`: everything, in the order in which a fault is cheapest to find. Each step with its time; the last line is the count.
 *
 *   node build/test.ts [step ...]      only these steps: types lint unit build e2e
 */
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
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

/** What came of a step: the numbers, and each failure with its file and the beginning of its message. */
interface Outcome extends Counts {
  failures?: string[];
}

const bin = (name: string): string => join(projectRoot, 'node_modules', '.bin', name);

/** The part of vitest's JSON report that is counted. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[];
  }[];
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

/** Lines of a failure's message that are told again at the end. */
const MESSAGE_LINES = 12;

/** What failed in a vitest report, for the end of the run: a log of many thousand lines is often read from its end alone. */
export function failuresOf(report: Report): string[] {
  const told = (path: string, name: string, message: string): string => {
    const lines = stripVTControlCharacters(message).split('\n').slice(0, MESSAGE_LINES);
    return [`${relative(projectRoot, path)}${name === '' ? '' : ` > ${name}`}`, ...lines].join('\n    ');
  };
  return report.testResults.flatMap((file) => {
    if (file.status === 'failed' && file.assertionResults.length === 0)
      return [told(file.name, '', file.message ?? '')];
    const failed = file.assertionResults.filter((one) => one.status === 'failed');
    return failed.map((one) => told(file.name, one.fullName, one.failureMessages?.[0] ?? ''));
  });
}

/** Runs vitest with a configuration file and counts. A run that leaves no report, or fails without a failed test, is a failure. */
async function vitest(config: string): Promise<Outcome> {
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
    const report = JSON.parse(text) as Report;
    const counts = countsOf(report);
    if (ran.code !== 0 && counts.failed === 0) counts.failed = 1;
    return { ...counts, failures: failuresOf(report) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const one = (ok: boolean): Counts => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

const STEPS: Record<string, () => Promise<Outcome>> = {
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
  const failures: string[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(`${name} ...`);
    const started = performance.now();
    const counts = await step().catch((error: unknown): Outcome => {
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
    failures.push(...(counts.failures ?? []));
  }
  if (failures.length > 0) process.stdout.write(`\n${failures.join('\n\n')}\n`);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

if (import.meta.main) await runMain(main);
