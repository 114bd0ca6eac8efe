/** Makes sure that the Node 24 the engine runs on is really there: it comes with the `node` package's install script. */
import { join } from 'node:path';
import { engineNode, projectRoot } from './paths.ts';
import { run } from './run.ts';
import { BuildError, say } from './say.ts';

/** True for what `node --version` prints of a Node 24. */
export function isNode24(version: string): boolean {
  return /^v24\.\d+\.\d+/.test(version.trim());
}

/**
 * Checks the Node 24 beside the project, and runs the package's install script when npm did not.
 * @throws BuildError with the command that mends it
 */
export async function ensureNode24(): Promise<void> {
  if (isNode24((await run(engineNode, ['--version'])).output)) return;
  say('the node package has no program yet (its install script was not run): fetching it');
  const ran = await run('npm', ['rebuild', 'node', '--foreground-scripts'], { cwd: projectRoot });
  if (isNode24((await run(engineNode, ['--version'])).output)) return;
  throw new BuildError(
    `There is no Node 24 in ${join('node_modules', 'node', 'bin')}: ${ran.output.trim().split('\n').slice(-3).join(' ')}`,
    'Allow its install script (npm install-scripts approve node) and run npm ci again, or put a Node 24 there by hand.',
  );
}
