/** Where things are. Every script of `build/` and `test/` takes its paths from here. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** What the build writes: `renderer`, `shell`, `preload`, `engine`. */
export const outDir = join(projectRoot, 'out');

/** Downloaded runtimes. `LEVEY_CACHE` names another place, for example one kept between builds. */
export function cacheDir(): string {
  return process.env.LEVEY_CACHE ?? join(projectRoot, '.cache');
}

/** The Node 24 the engine runs on: the one from the `node` package. */
export const engineNode = join(
  projectRoot,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
