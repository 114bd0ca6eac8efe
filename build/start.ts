/**
 * `npm start`: the workstation with the demo laboratory, simulated analysers and a local central server.
 *
 *   npm start                                      the demo laboratory
 *   npm start -- --data DIR --station FILE         a station of your own, without simulators
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAll } from './build.ts';
import { type Launcher, prepareLaunch } from './launch.ts';
import { ensureNode24 } from './node24.ts';
import { cacheDir, projectRoot } from './paths.ts';
import { runMain, say } from './say.ts';
import { ensureSystemPackages, SIMULATOR_PACKAGES } from './system-packages.ts';
import { giveTo } from './unprivileged.ts';

/** The demo laboratory: simulators and central server. Exported by `test/sim/demo.ts`. */
interface DemoModule {
  startDemo(options: {
    dataDir: string;
    key: Uint8Array;
  }): Promise<{ stationFile: string; stop(): Promise<void> }>;
}

async function main(): Promise<void> {
  await ensureNode24();
  const given = process.argv.slice(2);
  const launcher = await prepareLaunch();
  const { built } = await buildAll();
  if (built.length > 0) say(`built ${built.join(', ')}`);
  const demo = given.some((word) => /^--data(=|$)/.test(word)) ? null : await openDemo(launcher);
  const args = demo === null ? given : [...demo.args, ...given];
  say(
    `Electron ${launcher.runtime.version}, sandbox ${launcher.sandbox ? 'on' : 'off'}; close the window to end`,
  );
  const code = await runElectron(launcher, args);
  await demo?.stop();
  await launcher.stop();
  process.exitCode = code;
}

async function openDemo(launcher: Launcher): Promise<{ args: string[]; stop(): Promise<void> }> {
  await ensureSystemPackages(SIMULATOR_PACKAGES);
  const dataDir = join(cacheDir(), 'demo');
  const key = join(cacheDir(), 'demo.key');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);
  if (!existsSync(key)) {
    // A key without its database, or the other way round, is of no use: the demo then begins anew.
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const handle = await open(key, 'wx', 0o600);
    await handle.writeFile(randomBytes(32));
    await handle.close();
  }
  const path = join(projectRoot, 'test', 'sim', 'demo.ts');
  const { startDemo } = (await import(path)) as DemoModule;
  const demo = await startDemo({ dataDir, key: new Uint8Array(await readFile(key)) });
  await giveTo(launcher.owner, dataDir);
  await giveTo(launcher.owner, key);
  return {
    args: [`--data=${dataDir}`, `--station=${demo.stationFile}`, `--key-file=${key}`, '--demo'],
    stop: () => demo.stop(),
  };
}

/** Runs Electron until it ends; Ctrl+C and SIGTERM let it end cleanly. */
function runElectron(launcher: Launcher, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(launcher.program, [...launcher.args, ...args], {
      env: launcher.env,
      cwd: '/',
      stdio: ['ignore', 'inherit', 'inherit'],
      // Of its own group: Ctrl+C reaches it once, through us, and not a second time from the terminal.
      detached: true,
    });
    let asked = false;
    const end = (): void => {
      // Once only: a second signal would end Electron at once, before the engine has closed its database. Ctrl+C comes twice,
      // from the terminal and from npm.
      if (!asked) child.kill('SIGTERM');
      asked = true;
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    child.on('error', reject);
    child.on('exit', (code) => {
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      resolve(code ?? 1);
    });
  });
}

await runMain(main);
