/** Reads the repository's sources, and what each of them imports, with a real parser. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, posix, relative, sep } from 'node:path';
import { parseSync } from 'vite';

/** The program of one file as the parser gives it (ESTree with types). */
export type Program = ReturnType<typeof parseSync>['program'];

/** One import, export-from or dynamic import. */
export interface Import {
  /** As written. */
  specifier: string;
  /** Path from the top of the repository when it names one of our files, else `null`. */
  target: string | null;
  /** True when nothing of it is left at run time. */
  typeOnly: boolean;
}

export interface SourceFile {
  /** From the top of the repository, with `/`. */
  path: string;
  text: string;
  imports: Import[];
  program: Program;
}

export type SourceTree = Map<string, SourceFile>;

const CODE = new Set(['.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs']);

/** Parses files given as path and text. A file that cannot be parsed is an error: nothing may hide from the rules. */
export function treeOf(files: Record<string, string>): SourceTree {
  const tree: SourceTree = new Map();
  for (const [path, text] of Object.entries(files)) tree.set(path, parse(path, text));
  return tree;
}

/** Reads all sources below the given folders of a repository. */
export async function readTree(root: string, folders: readonly string[]): Promise<SourceTree> {
  const files: Record<string, string> = {};
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    for (const entry of entries) {
      if (!entry.isFile() || !CODE.has(extname(entry.name))) continue;
      const path = join(entry.parentPath, entry.name);
      files[relative(root, path).split(sep).join('/')] = await readFile(path, 'utf8');
    }
  }
  return treeOf(files);
}

function parse(path: string, text: string): SourceFile {
  const lang = path.endsWith('x') ? 'tsx' : 'ts';
  const { module, program, errors } = parseSync(path, text, { lang, sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    imports.push({ specifier, target: resolveFrom(path, specifier), typeOnly });
  };
  for (const one of module.staticImports) {
    add(one.moduleRequest.value, one.entries.length > 0 && one.entries.every((entry) => entry.isType));
  }
  for (const one of module.staticExports) {
    for (const entry of one.entries) {
      if (entry.moduleRequest !== null && entry.moduleRequest !== undefined)
        add(entry.moduleRequest.value, entry.isType);
    }
  }
  visit(program, (node) => {
    const source = loadedBy(node);
    if (source === null) return;
    // An import whose target is computed could be anything: that is not allowed to pass unseen.
    add(source.value ?? '(computed)', source.typeOnly);
  });
  return { path, text, imports, program };
}

/** For `import(...)`, `import('...')` types and `require(...)`: what they load; `value` is null when it is computed. */
function loadedBy(node: Node): { value: string | null; typeOnly: boolean } | null {
  if (node.type === 'ImportExpression') return { value: textOf(node.source), typeOnly: false };
  if (node.type === 'TSImportType') return { value: textOf(node.source ?? node.argument), typeOnly: true };
  if (node.type !== 'CallExpression') return null;
  const callee = node.callee;
  if (!isNode(callee) || callee.type !== 'Identifier' || callee.name !== 'require') return null;
  return { value: textOf((node.arguments as unknown[])[0]), typeOnly: false };
}

function textOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TSLiteralType') return textOf(node.literal);
  return null;
}

/** A node of the syntax tree, seen without its precise type. */
export interface Node {
  type: string;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';
}

/** Calls back for every node, parents first. */
export function visit(root: unknown, callback: (node: Node, parent: Node | null) => void): void {
  const walk = (value: unknown, parent: Node | null): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, parent);
      return;
    }
    if (!isNode(value)) return;
    callback(value, parent);
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'type' && typeof child === 'object' && child !== null) walk(child, value);
    }
  };
  walk(root, null);
}

function resolveFrom(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.normalize(posix.join(posix.dirname(from), specifier.replace(/[?#].*$/, '')));
}
