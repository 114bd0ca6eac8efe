/**
 * Bundles the four programs into `out/`: renderer, shell, preload, engine. Skips those whose inputs are unchanged.
 *
 *   node build/build.ts [--force] [renderer|shell|preload|engine ...]
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { build, type InlineConfig } from 'vite';
import { outDir, projectRoot } from './paths.ts';
import { runMain, say } from './say.ts';

/** Loaded from node_modules at run time: they have native parts, or load files of their own by path. */
export const ENGINE_EXTERNALS = ['better-sqlite3-multiple-ciphers', 'serialport', 'harfbuzzjs'] as const;

const NODE_MODULES = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

type Part = 'renderer' | 'shell' | 'preload' | 'engine';
const PARTS: readonly Part[] = ['renderer', 'shell', 'preload', 'engine'];

/** What a change of must lead to a new bundle, besides the lock file and the build itself. */
const INPUTS: Record<Part, string[]> = {
  renderer: ['renderer', 'shared'],
  shell: ['main/shell', 'shared'],
  preload: ['preload', 'shared'],
  engine: ['main/engine', 'shared'],
};

/** File whose absence means that there is nothing to build. */
const ENTRY: Record<Part, string> = {
  renderer: 'renderer/index.html',
  shell: 'main/shell/index.ts',
  preload: 'preload/index.ts',
  engine: 'main/engine/main.ts',
};

/**
 * Builds what has changed.
 * @returns the parts that were built, those that were up to date, and those that have no source
 */
export async function buildAll(
  parts: readonly Part[] = PARTS,
  force = false,
): Promise<{ built: Part[]; current: Part[]; absent: Part[] }> {
  const result: { built: Part[]; current: Part[]; absent: Part[] } = { built: [], current: [], absent: [] };
  for (const part of parts) {
    if (!existsSync(join(projectRoot, ENTRY[part]))) {
      result.absent.push(part);
      continue;
    }
    const hash = await inputsHash(INPUTS[part]);
    const stamp = join(outDir, `${part}.stamp`);
    if (
      !force &&
      (await readFile(stamp, 'utf8').catch(() => '')) === hash &&
      existsSync(join(outDir, part))
    ) {
      result.current.push(part);
      continue;
    }
    await mkdir(outDir, { recursive: true });
    const fresh = await mkdtemp(join(outDir, `.${part}-`));
    try {
      await build(await configOf(part, fresh));
      await chmod(fresh, 0o755);
      await rm(stamp, { force: true });
      await rm(join(outDir, part), { recursive: true, force: true });
      await rename(fresh, join(outDir, part));
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    await writeFile(stamp, hash);
    result.built.push(part);
  }
  return result;
}

/** SHA-256 over names and contents of all files below the given folders (tests left out), the lock file and this folder. */
export async function inputsHash(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of [...folders, 'build']) {
    const entries = await readdir(join(projectRoot, folder), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(`${relative(projectRoot, file)}\0`).update(await readFile(file));
  }
  hash.update(await readFile(join(projectRoot, 'package-lock.json')));
  return hash.digest('hex');
}

async function configOf(part: Part, target: string): Promise<InlineConfig> {
  const common: InlineConfig = { root: projectRoot, configFile: false, logLevel: 'warn', envDir: false };
  if (part === 'renderer') {
    return {
      configFile: join(projectRoot, 'renderer', 'vite.config.ts'),
      root: join(projectRoot, 'renderer'),
      base: '/',
      logLevel: 'warn',
      envDir: false,
      publicDir: false,
      build: { outDir: target, emptyOutDir: true, reportCompressedSize: false },
    };
  }
  const format = part === 'preload' ? 'cjs' : 'es';
  return {
    ...common,
    ...(part === 'engine'
      ? { ssr: { noExternal: true, external: [...ENGINE_EXTERNALS] } }
      : { ssr: { noExternal: true } }),
    build: {
      ssr: join(projectRoot, ENTRY[part]),
      outDir: target,
      emptyOutDir: true,
      target: part === 'engine' ? 'node24' : 'node20',
      minify: false,
      sourcemap: part === 'engine',
      rolldownOptions: {
        external: part === 'engine' ? [...NODE_MODULES, ...ENGINE_EXTERNALS] : ['electron', ...NODE_MODULES],
        output: {
          format,
          entryFileNames: format === 'cjs' ? 'index.cjs' : '[name].js',
          codeSplitting: part === 'engine',
        },
      },
    },
  };
}

if (import.meta.main) {
  await runMain(async () => {
    const args = process.argv.slice(2);
    const wanted = PARTS.filter((part) => args.includes(part));
    const started = performance.now();
    const { built, current, absent } = await buildAll(
      wanted.length > 0 ? wanted : PARTS,
      args.includes('--force'),
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(
      `built ${built.join(', ') || 'nothing'}; up to date: ${current.join(', ') || 'nothing'}` +
        `${absent.length > 0 ? `; no source: ${absent.join(', ')}` : ''} (${seconds} s)`,
    );
  });
}
