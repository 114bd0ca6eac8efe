/** Runs when electron-builder has laid out the app: puts the engine beside it, sets the fuses, and reads them back. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import { FuseState } from '@electron/fuses/dist/constants.js';
import { engineNode, outDir, projectRoot } from './paths.ts';
import { run } from './run.ts';
import { BuildError, say } from './say.ts';

/** Each with its reason. Whoever can write beside the program could otherwise turn it into another one. */
export const FUSES: readonly { fuse: FuseV1Options; on: boolean; why: string }[] = [
  {
    fuse: FuseV1Options.RunAsNode,
    on: false,
    why: 'the signed app must not run foreign scripts; the engine has its own Node',
  },
  {
    fuse: FuseV1Options.EnableCookieEncryption,
    on: true,
    why: 'nothing readable on the disk, should a cookie ever be kept',
  },
  {
    fuse: FuseV1Options.EnableNodeOptionsEnvironmentVariable,
    on: false,
    why: 'the environment must not load code',
  },
  {
    fuse: FuseV1Options.EnableNodeCliInspectArguments,
    on: false,
    why: 'a debugger could read the database key',
  },
  {
    fuse: FuseV1Options.OnlyLoadAppFromAsar,
    on: true,
    why: 'a folder beside the archive must not replace it',
  },
  { fuse: FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, on: false, why: 'we ship none' },
  { fuse: FuseV1Options.GrantFileProtocolExtraPrivileges, on: false, why: 'the window never loads file:' },
];

/** What electron-builder tells the hook, as far as it is used. */
export interface AfterPackContext {
  appOutDir: string;
  packager: { executableName: string; platform: { name: string } };
}

export default async function afterPack(context: AfterPackContext): Promise<void> {
  const { platform, executableName } = context.packager;
  if (platform.name === 'mac')
    throw new BuildError('The package for macOS is not made here.', 'Package for Linux or Windows.');
  const resources = join(context.appOutDir, 'resources');
  await layEngine(resources);
  const program = join(context.appOutDir, `${executableName}${platform.name === 'windows' ? '.exe' : ''}`);
  await setFuses(program);
}

/** Copies the bundled engine, the modules it loads at run time, and its Node 24. */
async function layEngine(resources: string): Promise<void> {
  const engine = join(resources, 'engine');
  await cp(join(outDir, 'engine'), engine, { recursive: true });
  await writeFile(join(engine, 'package.json'), '{ "type": "module", "private": true }\n');
  const listed = await run('npm', ['ls', '--omit=dev', '--all', '--parseable', '--silent'], {
    cwd: projectRoot,
  });
  const modules = join(projectRoot, 'node_modules');
  const packages = listed.output.split('\n').filter((path) => path.startsWith(`${modules}/`));
  if (packages.length === 0)
    throw new BuildError('npm lists no packages for the engine.', 'Run npm ci first.');
  for (const path of packages) {
    const target = join(engine, 'node_modules', relative(modules, path));
    await mkdir(dirname(target), { recursive: true });
    // Packages inside packages are in the list themselves.
    await cp(path, target, {
      recursive: true,
      dereference: true,
      filter: (file) => !relative(path, file).startsWith('node_modules'),
    });
  }
  await mkdir(join(resources, 'node'), { recursive: true });
  await cp(engineNode, join(resources, 'node', process.platform === 'win32' ? 'node.exe' : 'node'));
}

/**
 * Sets the fuses in the packed program and reads them back from it.
 * @throws BuildError when one is not as it was set
 */
export async function setFuses(program: string): Promise<void> {
  const wanted: Partial<Record<FuseV1Options, boolean>> = {};
  for (const { fuse, on } of FUSES) wanted[fuse] = on;
  await flipFuses(program, { version: FuseVersion.V1, ...wanted });
  const wire = await getCurrentFuseWire(program);
  for (const { fuse, on, why } of FUSES) {
    if (wire[fuse] !== (on ? FuseState.ENABLE : FuseState.DISABLE)) {
      throw new BuildError(
        `The fuse ${FuseV1Options[fuse]} is not ${on ? 'on' : 'off'} in ${program}.`,
        `It must be: ${why}.`,
      );
    }
  }
  say(
    `fuses set and read back: ${FUSES.map(({ fuse, on }) => `${FuseV1Options[fuse]} ${on ? 'on' : 'off'}`).join(', ')}`,
  );
}
