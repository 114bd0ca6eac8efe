/**
 * What a bare Debian lacks for a window without a screen: installed when we are root, otherwise the command is printed.
 * Other systems are left alone: a desktop has all of it.
 */
import { existsSync } from 'node:fs';
import { run } from './run.ts';
import { BuildError, say } from './say.ts';

/** What Electron needs to start. */
export const ELECTRON_PACKAGES = [
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
  'libxss1',
  'libatk-bridge2.0-0',
  'libdrm2',
  'libxkbcommon0',
  'libatspi2.0-0',
  'libcups2',
  'libxtst6',
  'libnotify4',
  'libsecret-1-0',
  'fonts-dejavu-core',
  'dbus-x11',
  'unzip',
] as const;

/** Needed when there is no screen. */
export const DISPLAY_PACKAGES = ['xvfb', 'xauth'] as const;

/** Pseudo-terminals for the simulated serial lines. */
export const SIMULATOR_PACKAGES = ['socat'] as const;

/** Needed by tests only: serial lines, reading PDFs and barcodes, making a package. */
export const TEST_PACKAGES = [...SIMULATOR_PACKAGES, 'poppler-utils', 'zbar-tools'] as const;

/** The wanted packages that are not installed. `query` is dpkg-query's output, one `name<TAB>status` a line. */
export function missingFrom(wanted: readonly string[], query: string): string[] {
  const installed = new Set<string>();
  for (const line of query.split('\n')) {
    const [name, status] = line.split('\t');
    if (name === undefined || status === undefined || !status.includes('install ok installed')) continue;
    // Newer Debians renamed some libraries for 64-bit time (libgtk-3-0t64) and provide the old name.
    installed.add(name.replace(/:.*$/, '').replace(/t64$/, ''));
  }
  return wanted.filter((name) => !installed.has(name.replace(/t64$/, '')));
}

/**
 * Makes sure that the packages are there.
 * @throws BuildError with the exact command when they are missing and we are not root, or when apt-get fails
 */
export async function ensureSystemPackages(wanted: readonly string[]): Promise<void> {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return;
  const format = ['Package', 'Status'].map((field) => `\${${field}}`).join('\t');
  const query = await run('dpkg-query', ['-W', '-f', `${format}\n`]);
  const missing = missingFrom(wanted, query.output);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    throw new BuildError(
      `These system packages are missing: ${missing.join(' ')}.`,
      `Run: sudo apt-get update && sudo ${command}`,
    );
  }
  say(`installing system packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const [program, ...args] = command.split(' ') as [string, ...string[]];
  let ran = await run(program, args, { env });
  if (ran.code !== 0) {
    await run('apt-get', ['update'], { env });
    ran = await run(program, args, { env });
  }
  if (ran.code !== 0) {
    throw new BuildError(
      `apt-get could not install them: ${ran.output.trim().split('\n').slice(-4).join(' ')}`,
      `Run: apt-get update && ${command}`,
    );
  }
}
