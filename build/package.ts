/**
 * `npm run package`: the app as a folder (`dist/linux-unpacked`), with electron-builder, and on Debian a .deb made from it.
 * Downloads nothing but Electron itself.
 */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAll } from './build.ts';
import { resolveElectron } from './electron-runtime.ts';
import { ensureNode24 } from './node24.ts';
import { projectRoot } from './paths.ts';
import { run } from './run.ts';
import { BuildError, runMain, say } from './say.ts';

const dist = join(projectRoot, 'dist');

async function main(): Promise<void> {
  await ensureNode24();
  const runtime = await resolveElectron();
  const { absent } = await buildAll();
  if (absent.length > 0)
    throw new BuildError(`There is no source for: ${absent.join(', ')}.`, 'A package needs all parts.');
  await rm(dist, { recursive: true, force: true });
  const ran = await run(
    join(projectRoot, 'node_modules', '.bin', 'electron-builder'),
    ['--dir', '--publish=never', `-c.electronDist=${runtime.dist}`, `-c.electronVersion=${runtime.version}`],
    { cwd: projectRoot, inherit: true },
  );
  if (ran.code !== 0)
    throw new BuildError('electron-builder failed; its reason is above.', 'Nothing was packed.');
  if (process.platform !== 'linux') return;
  const app = join(dist, 'linux-unpacked');
  // A runtime made for development holds an app of its own and a note: neither belongs into the package.
  await rm(join(app, 'resources', 'default_app.asar'), { force: true });
  await rm(join(app, 'levey.json'), { force: true });
  say(`packed ${app}`);
  if (existsSync('/usr/bin/dpkg-deb')) say(`packed ${await makeDeb(app)}`);
  else say('no dpkg-deb here: no .deb was made');
}

/** Makes a .deb out of the packed folder: /opt/Levey, a command, a menu entry. Gives its path. */
export async function makeDeb(app: string): Promise<string> {
  const { version, description } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
    description: string;
  };
  const root = join(dist, 'deb');
  const target = join(dist, `levey_${version}_amd64.deb`);
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  await mkdir(join(root, 'opt'), { recursive: true });
  await mkdir(join(root, 'usr', 'bin'), { recursive: true });
  await mkdir(join(root, 'usr', 'share', 'applications'), { recursive: true });
  await cp(app, join(root, 'opt', 'Levey'), { recursive: true });
  // Where ordinary users get no user namespaces, Chromium's sandbox needs its helper to be root's.
  await chmod(join(root, 'opt', 'Levey', 'chrome-sandbox'), 0o4755);
  await symlink('/opt/Levey/levey', join(root, 'usr', 'bin', 'levey'));
  await writeFile(
    join(root, 'usr', 'share', 'applications', 'levey.desktop'),
    `[Desktop Entry]\nType=Application\nName=Levey\nComment=${description}\nExec=/opt/Levey/levey\nTerminal=false\nCategories=MedicalSoftware;Science;\n`,
  );
  const size = (await run('du', ['-sk', join(root, 'opt')])).output.split('\t')[0];
  await writeFile(
    join(root, 'DEBIAN', 'control'),
    [
      'Package: levey',
      `Version: ${version}`,
      'Architecture: amd64',
      'Maintainer: The Levey authors <levey@localhost>',
      'Section: science',
      'Priority: optional',
      `Installed-Size: ${size}`,
      'Depends: libgtk-3-0 | libgtk-3-0t64, libnss3, libasound2 | libasound2t64, libgbm1, libxss1, libatspi2.0-0 | libatspi2.0-0t64, libcups2 | libcups2t64, libxtst6, libnotify4, libsecret-1-0',
      'Recommends: cups-client, gnome-keyring',
      `Description: ${description}`,
      '',
    ].join('\n'),
  );
  const ran = await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, target]);
  await rm(root, { recursive: true, force: true });
  if (ran.code !== 0)
    throw new BuildError(
      `dpkg-deb failed: ${ran.output.trim()}`,
      'The folder in dist/ is complete all the same.',
    );
  return target;
}

if (import.meta.main) await runMain(main);
