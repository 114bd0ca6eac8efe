/** Everything it takes to start Electron on this machine: runtime, user, sandbox, screen. Used by `npm start`, the demo and the tests. */
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Display, ensureDisplay } from './display.ts';
import { type ElectronRuntime, resolveElectron } from './electron-runtime.ts';
import { projectRoot } from './paths.ts';
import { DISPLAY_PACKAGES, ELECTRON_PACKAGES, ensureSystemPackages } from './system-packages.ts';
import { type Owner, runAs } from './unprivileged.ts';

/** A way to start the window. */
export interface Launcher {
  runtime: ElectronRuntime;
  /** The program to start: Electron, or a small script that becomes it as another user. Its process id is Electron's. */
  program: string;
  /** Arguments that must come first; the app's own follow. Ends with the app. */
  args: string[];
  env: Record<string, string>;
  /** True when Chromium's sandbox is on. */
  sandbox: boolean;
  /** The user Electron runs as when that is not ourselves: give it the data directory with `giveTo`. */
  owner?: Owner;
  /** Ends the virtual screen and removes what was made for the launch. */
  stop(): Promise<void>;
}

/** Settings that go from our environment into Electron's. Nothing else does. */
const PASSED_ON = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_TIME',
  'TZ',
  'DISPLAY',
  'XAUTHORITY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
];
const PASSED_ON_TO_OURSELVES = [
  'HOME',
  'USER',
  'LOGNAME',
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
];

/** Gets ready: system packages, runtime, user, screen. What is done is said on stderr. */
export async function prepareLaunch(): Promise<Launcher> {
  const headed = process.env.DISPLAY !== undefined && process.env.DISPLAY !== '';
  await ensureSystemPackages(headed ? ELECTRON_PACKAGES : [...ELECTRON_PACKAGES, ...DISPLAY_PACKAGES]);
  const runtime = await resolveElectron();
  const user = await runAs(runtime.executable);
  const display: Display = await ensureDisplay(user.owner);
  const folder = await mkdtemp(join(tmpdir(), 'levey-run-'));
  await chmod(folder, 0o755);

  const env: Record<string, string> = {};
  const copy = user.owner === undefined ? [...PASSED_ON, ...PASSED_ON_TO_OURSELVES] : PASSED_ON;
  for (const name of copy) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  Object.assign(env, display.env);
  if (user.owner !== undefined) {
    // Another user has no home and no session bus here; without these, GTK and Chromium look for ours and complain.
    const home = await mkdtemp(join(tmpdir(), 'levey-home-'));
    await chown(home, user.owner.uid, user.owner.gid);
    env.HOME = home;
    env.XDG_RUNTIME_DIR = home;
    env.DBUS_SESSION_BUS_ADDRESS = 'disabled:';
  }

  let program = runtime.executable;
  if (user.prefix.length > 0) {
    program = join(folder, 'electron');
    const words = [...user.prefix, runtime.executable].map(quote).join(' ');
    await writeFile(program, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  const args = [...(user.sandbox ? [] : ['--no-sandbox']), projectRoot];
  return {
    runtime,
    program,
    args,
    env,
    sandbox: user.sandbox,
    owner: user.owner,
    stop: async () => {
      await display.stop();
      await rm(folder, { recursive: true, force: true });
      if (user.owner !== undefined && env.HOME !== undefined)
        await rm(env.HOME, { recursive: true, force: true });
    },
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
