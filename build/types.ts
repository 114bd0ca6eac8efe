/** Checks the types of every runtime's code with its own settings: no DOM in the engine, no node in the window or in `shared/`. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './paths.ts';
import { run } from './run.ts';
import { runMain, say } from './say.ts';

const PROJECTS = ['shared', 'node', 'shell', 'renderer', 'e2e'];

/**
 * Runs the compiler over all projects, as many at a time as there are cores.
 * @returns what the compiler said about each project that has errors
 */
export async function checkTypes(): Promise<{ project: string; output: string }[]> {
  const waiting = [...PROJECTS];
  const failed: { project: string; output: string }[] = [];
  const worker = async (): Promise<void> => {
    for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) {
      const ran = await run(
        join(projectRoot, 'node_modules', '.bin', 'tsc'),
        ['-p', `tsconfig.${project}.json`],
        {
          cwd: projectRoot,
        },
      );
      if (ran.code !== 0) failed.push({ project, output: ran.output });
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 3) }, worker));
  return failed;
}

if (import.meta.main) {
  await runMain(async () => {
    const failed = await checkTypes();
    for (const { project, output } of failed) process.stdout.write(`tsconfig.${project}.json\n${output}\n`);
    say(
      failed.length === 0
        ? `types: ${PROJECTS.length} projects without errors`
        : `types: ${failed.length} projects with errors`,
    );
    if (failed.length > 0) process.exitCode = 1;
  });
}
