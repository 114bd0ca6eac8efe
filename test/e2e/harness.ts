/**
 * Starts the real workstation for a test: real Electron with its sandbox on, its own data directory, station file and key, on a
 * virtual screen. Playwright drives the window.
 *
 *   const bench = await startBench({ station });           // the built engine and window
 *   await bench.page.getByRole('button', { name: 'Sign in' }).click();
 *   await bench.screenshots('sign-in');                     // out/screenshots/sign-in-{light,dark}.png
 *   await bench.close();
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { type Launcher, prepareLaunch } from '../../build/launch.ts';
import { outDir, projectRoot } from '../../build/paths.ts';
import { giveTo } from '../../build/unprivileged.ts';
import type { LeveyBridge, Theme } from '../../shared/ipc/envelope.ts';

export interface BenchOptions {
  /** Content of the station file. */
  station: unknown;
  /** The data directory of an earlier bench that was closed with `keepData`. Default: a new one. */
  dataDir?: string;
  /** The database key, 32 bytes. Default: a new random one; needed to open an earlier data directory again. */
  key?: Uint8Array;
  /** False: no key file, as on a station without a keychain (the shell asks for a passphrase). */
  keyFile?: boolean;
  /** Another engine program than the built one. */
  engine?: string;
  /** Another folder for the window's files than the built one. */
  renderer?: string;
  /** More arguments for the shell, for example `['--demo']`. */
  args?: string[];
}

/** A running workstation. */
export interface Bench {
  app: ElectronApplication;
  page: Page;
  dataDir: string;
  key: Uint8Array;
  launcher: Launcher;
  /** Errors from the window's console and its uncaught exceptions, in order. Tests end with `expect(bench.errors).toEqual([])`. */
  errors: string[];
  /** What shell and engine wrote to stderr and stdout. */
  output(): string;
  /** Process id of the engine. */
  enginePid(): Promise<number>;
  /** Ends the engine the hard way and waits until it is gone. */
  killEngine(): Promise<number>;
  /** Switches the theme through the shell and waits until the page has it. */
  setTheme(theme: Exclude<Theme, 'system'>): Promise<void>;
  /** Makes the window's content this large, px, and waits until the page has it. */
  resize(width: number, height: number): Promise<void>;
  /** Takes one picture in light and one in dark at 1440x900; gives their paths. The theme stays light. */
  screenshots(name: string, folder?: string): Promise<{ light: string; dark: string }>;
  /** Ends the app cleanly and removes its data directory, unless told to keep it for another bench. */
  close(options?: { keepData?: boolean }): Promise<void>;
}

const LOADER = join(projectRoot, 'node_modules', 'playwright-core', 'lib', 'server', 'electron', 'loader.js');

declare global {
  interface Window {
    levey: LeveyBridge;
  }
}

const running = new Set<Bench>();

/** What a person would see in each open window now, as text: printed when a test fails, so that its log is enough to find out why. */
export async function seenInWindows(): Promise<string> {
  const seen: string[] = [];
  for (const bench of running) {
    const tree = await bench.page.ariaSnapshot({ timeout: 5_000 }).catch((error: unknown) => String(error));
    seen.push(tree, ...bench.errors);
  }
  return seen.join('\n');
}

let shared: Promise<Launcher> | undefined;

/** The way to launch, prepared once per test process; ended by {@link stopLauncher}. */
export function launcher(): Promise<Launcher> {
  shared ??= prepareLaunch();
  return shared;
}

/** Ends the virtual screen. Call in `afterAll`. */
export async function stopLauncher(): Promise<void> {
  const ready = await shared;
  shared = undefined;
  await ready?.stop();
}

/** Opens a workstation and waits for its window's page to be loaded (not for the engine: see the page for that). */
export async function startBench(options: BenchOptions): Promise<Bench> {
  const launch = await launcher();
  const folder = await mkdtemp(join(tmpdir(), 'levey-e2e-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const key = options.key ?? new Uint8Array(randomBytes(32));
  const stationFile = join(folder, 'station.json');
  const keyFile = join(folder, 'key');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(stationFile, JSON.stringify(options.station, null, 2));
  await writeFile(keyFile, key, { mode: 0o600 });
  await giveTo(launch.owner, folder);
  await giveTo(launch.owner, dataDir);

  const args = [...launch.args, `--data=${dataDir}`, `--station=${stationFile}`];
  if (options.keyFile !== false) args.push(`--key-file=${keyFile}`);
  if (options.engine !== undefined) args.push(`--engine=${options.engine}`);
  if (options.renderer !== undefined) args.push(`--renderer=${options.renderer}`);
  args.push(...(options.args ?? []));
  // With Playwright's loader the app waits until the test is attached, so that no event of the first window is missed.
  const program = join(folder, 'electron');
  await writeFile(program, `#!/bin/sh\nexec '${launch.program}' -r '${LOADER}' "$@"\n`, { mode: 0o755 });
  const app = await _electron.launch({
    executablePath: program,
    args: ['--force-color-profile=srgb', '--disable-renderer-backgrounding', ...args],
    env: launch.env,
    cwd: '/',
    chromiumSandbox: launch.sandbox,
    colorScheme: null,
    timeout: 60_000,
  });
  let output = '';
  const electron = app.process();
  electron.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  electron.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const page = await app.firstWindow();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  // Not by `waitForLoadState`, whose event may be over before Playwright is attached, nor by animation frames, which a hidden window lacks.
  await page.waitForFunction(() => document.readyState === 'complete', undefined, {
    timeout: 60_000,
    polling: 100,
  });

  const enginePid = async (): Promise<number> => engineOf(await shellPid(app));
  const setTheme = async (theme: Exclude<Theme, 'system'>): Promise<void> => {
    await page.evaluate((wanted) => window.levey.shell.setTheme(wanted), theme);
    await page.waitForFunction(
      (dark) => matchMedia('(prefers-color-scheme: dark)').matches === dark,
      theme === 'dark',
    );
  };
  const bench: Bench = {
    app,
    page,
    dataDir,
    key,
    launcher: launch,
    errors,
    output: () => output,
    enginePid,
    killEngine: async () => {
      const pid = await enginePid();
      process.kill(pid, 'SIGKILL');
      await gone(pid);
      return pid;
    },
    setTheme,
    resize: async (width, height) => {
      await app.evaluate(
        ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setContentSize(to.width, to.height),
        { width, height },
      );
      await page.waitForFunction((wide) => innerWidth === wide, width, { polling: 100 });
    },
    screenshots: async (name, target = join(outDir, 'screenshots')) => {
      await mkdir(target, { recursive: true });
      const pictures = { light: join(target, `${name}-light.png`), dark: join(target, `${name}-dark.png`) };
      await setTheme('dark');
      await page.screenshot({ path: pictures.dark });
      await setTheme('light');
      await page.screenshot({ path: pictures.light });
      return pictures;
    },
    close: async ({ keepData = false } = {}) => {
      running.delete(bench);
      await app.close();
      if (keepData) return;
      await rm(folder, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  running.add(bench);
  return bench;
}

/** Process id of Electron's main process as it knows itself (the launcher may have been a script before). */
function shellPid(app: ElectronApplication): Promise<number> {
  return app.evaluate(() => process.pid);
}

/** Waits for a child of the shell that is not Electron: the engine. */
async function engineOf(parent: number): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
      const program = await readlink(`/proc/${name}/exe`).catch(() => '');
      if (/\/node$/.test(program)) return Number(name);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the shell has no engine process');
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`process ${pid} is still there`);
}
