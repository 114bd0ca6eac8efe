/** Who may import what (docs/house.md). One entry per part of the product. */
import { builtinModules } from 'node:module';
import type { SourceTree } from './source-tree.ts';

/** A broken rule, in words, with the way that leads to it. */
export interface Violation {
  rule: string;
  /** Files from the first to the one that does it, then what it imports. */
  chain: string[];
}

interface Zone {
  name: string;
  /** True for files of this part. */
  owns(path: string): boolean;
  /** Our own files it may reach, besides its own. */
  mayReach(path: string): boolean;
  /** Packages and node modules it may load, directly or through what it imports. */
  mayLoad(specifier: string, typeOnly: boolean): boolean;
}

const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
const isBuiltin = (specifier: string): boolean => specifier.startsWith('node:') || BUILTINS.has(specifier);
const isElectron = (specifier: string): boolean => /^(@electron\/|electron($|\/|-))/.test(specifier);
const below = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const shared = below('shared');

/** Never in the window: they need node, the network, or the disk. */
const ENGINE_ONLY =
  /^(better-sqlite3|serialport|@serialport\/|rxdb($|\/)|rxjs($|\/)|hash-wasm|iconv-lite|jspdf|playwright|vite($|\/)|vitest)/;
const NATIVE = /^(better-sqlite3|serialport|@serialport\/)/;

export const ZONES: readonly Zone[] = [
  {
    name: 'shared',
    owns: shared,
    mayReach: () => false,
    // Types of FHIR resources leave nothing behind at run time.
    mayLoad: (specifier, typeOnly) => specifier === 'zod' || (typeOnly && specifier.startsWith('fhir/')),
  },
  {
    name: 'engine',
    owns: below('main/engine'),
    mayReach: shared,
    mayLoad: (specifier) =>
      !isElectron(specifier) && !specifier.startsWith('vit') && !specifier.startsWith('playwright'),
  },
  {
    name: 'shell',
    owns: below('main/shell'),
    mayReach: shared,
    mayLoad: (specifier) =>
      specifier === 'electron' || specifier === 'zod' || (isBuiltin(specifier) && !NATIVE.test(specifier)),
  },
  {
    name: 'preload',
    owns: below('preload'),
    mayReach: shared,
    mayLoad: (specifier) => specifier === 'electron' || specifier === 'zod',
  },
  {
    name: 'renderer',
    owns: below('renderer'),
    mayReach: shared,
    mayLoad: (specifier) => !isBuiltin(specifier) && !isElectron(specifier) && !ENGINE_ONLY.test(specifier),
  },
  {
    name: 'build',
    owns: below('build'),
    mayReach: (path) => shared(path) || path === 'test/sim/demo.ts',
    mayLoad: () => true,
  },
];

/** True for files that only tests or tools run: they may import what they like. */
export function isTest(path: string): boolean {
  return /\.(test|e2e)\.tsx?$/.test(path) || path.startsWith('test/') || path.endsWith('/vite.config.ts');
}

/**
 * Follows every import from every file of every part, and says where a part reaches what it must not. Each forbidden import is
 * told once, with the shortest way to it.
 */
export function checkImports(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const zone of ZONES) {
    const roots = [...tree.keys()].filter((path) => zone.owns(path) && !isTest(path)).sort();
    const cameFrom = new Map<string, string | null>(roots.map((path) => [path, null]));
    const queue = [...roots];
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      for (const { specifier, target, typeOnly } of tree.get(path)?.imports ?? []) {
        const chain = (): string[] => [...wayTo(path, cameFrom), target ?? specifier];
        if (target === null) {
          const typesOfShared = typeOnly && shared(path) && specifier.startsWith('fhir/');
          if (!typesOfShared && !zone.mayLoad(specifier, typeOnly))
            violations.push({ rule: `${zone.name} must not load ${specifier}`, chain: chain() });
          continue;
        }
        if (isTest(target) && !zone.mayReach(target)) {
          violations.push({ rule: `${zone.name} must not import tests`, chain: chain() });
          continue;
        }
        if (!zone.owns(target) && !zone.mayReach(target)) {
          violations.push({ rule: `${zone.name} must not import ${target}`, chain: chain() });
          continue;
        }
        if (isTest(target) || cameFrom.has(target) || !tree.has(target)) continue;
        cameFrom.set(target, path);
        queue.push(target);
      }
    }
  }
  return [...violations, ...checkFeatures(tree), ...checkExtensions(tree)];
}

function wayTo(path: string, cameFrom: Map<string, string | null>): string[] {
  const way = [path];
  for (let step = cameFrom.get(path); step !== null && step !== undefined; step = cameFrom.get(step))
    way.unshift(step);
  return way;
}

/** A feature never reaches another one, not even through shared parts of the window; and those never import a feature. */
function checkFeatures(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  const feature = (path: string): string | null => /^renderer\/features\/([^/]+)\//.exec(path)?.[1] ?? null;
  const base = /^renderer\/(data|ui|i18n)\//;
  for (const file of tree.values()) {
    for (const { target } of file.imports) {
      if (target === null) continue;
      const from = feature(file.path);
      const to = feature(target);
      if (from !== null && to !== null && from !== to) {
        violations.push({
          rule: `feature ${from} must not import feature ${to}`,
          chain: [file.path, target],
        });
      }
      if (base.test(file.path) && to !== null) {
        violations.push({
          rule: 'renderer/data, ui and i18n must not import features',
          chain: [file.path, target],
        });
      }
    }
  }
  return violations;
}

/** Node runs the sources as they are: a relative import names its file, with the extension. */
function checkExtensions(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.values()) {
    for (const { specifier, target } of file.imports) {
      if (target !== null && !/\.[a-z0-9]+(\?[a-z]+)?$/i.test(specifier)) {
        violations.push({
          rule: 'a relative import needs its file extension',
          chain: [file.path, specifier],
        });
      }
    }
  }
  return violations;
}

/** A violation as one readable line. */
export function describe(violation: Violation): string {
  return `${violation.rule}: ${violation.chain.join(' -> ')}`;
}
