/**
 * What an unpackaged Electron runs first: loads the modules given by `-r`, then the app given in argv.
 * Used only with the fallback runtime, whose package has no default app of its own.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const preloads = [];
let target;
for (let index = 1; index < process.argv.length; index += 1) {
  const argument = process.argv[index];
  if (argument === '-r' || argument === '--require') {
    index += 1;
    preloads.push(process.argv[index]);
  } else if (!argument.startsWith('-')) {
    target = argument;
    break;
  }
}

if (target === undefined) {
  console.error('Electron was started without an app: give its folder or file as an argument.');
  process.exit(2);
}

const path = isAbsolute(target) ? target : resolve(target);
const require = createRequire(join(path, 'package.json'));
for (const module of preloads) require(module);

let entry = path;
if (statSync(path).isDirectory()) {
  const description = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  app.setName(description.productName ?? description.name);
  app.setVersion(description.version);
  app.setAppPath(path);
  entry = join(path, description.main ?? 'index.js');
}
await import(pathToFileURL(entry).href);
