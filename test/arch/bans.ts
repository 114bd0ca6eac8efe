/** Things that must not be written in certain places, found in the syntax tree and not by guessing at text. */
import { isTest, type Violation } from './rules.ts';
import { isNode, type Node, type SourceFile, type SourceTree, visit } from './source-tree.ts';

/** Globals by which code would get at the clock, at chance, at timers, or at the world outside. */
const IMPURE = new Set([
  'process',
  'globalThis',
  'window',
  'document',
  'navigator',
  'localStorage',
  'indexedDB',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'Buffer',
  'require',
  'console',
]);

/** Files allowed to use Electron's raw ipc. */
const RAW_IPC = new Map([
  ['ipcMain', 'main/shell/ipc.ts'],
  ['ipcRenderer', 'preload/index.ts'],
]);

/** Clocks, chance, timers and I/O in `shared/`: all are passed in (docs/house.md). */
export function checkPurity(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.values()) {
    if (!file.path.startsWith('shared/') || isTest(file.path)) continue;
    for (const use of impureUses(file))
      violations.push({ rule: `shared must not use ${use}`, chain: [file.path] });
  }
  return violations;
}

function impureUses(file: SourceFile): string[] {
  const bound = boundNames(file);
  const found: string[] = [];
  visit(file.program, (node, parent) => {
    if (isMember(node, 'Date', 'now')) found.push('Date.now');
    else if (isMember(node, 'Math', 'random')) found.push('Math.random');
    else if (node.type === 'NewExpression' && isCalled(node, 'Date') && argumentsOf(node).length === 0)
      found.push('new Date()');
    else if (node.type === 'CallExpression' && isCalled(node, 'Date')) found.push('Date()');
    else if (isGlobalUse(node, parent) && IMPURE.has(String(node.name)) && !bound.has(String(node.name))) {
      found.push(String(node.name));
    }
  });
  return found;
}

/** An identifier that reads a variable: not a property's name, not a key, not a type's name. */
function isGlobalUse(node: Node, parent: Node | null): boolean {
  if (node.type !== 'Identifier' || parent === null) return false;
  if (
    parent.type.startsWith('TS') &&
    parent.type !== 'TSAsExpression' &&
    parent.type !== 'TSNonNullExpression'
  )
    return false;
  if (parent.type === 'MemberExpression' && parent.property === node && parent.computed !== true)
    return false;
  if (parent.key === node && parent.computed !== true && parent.shorthand !== true) return false;
  return true;
}

/** Every name that the file itself declares, in whatever scope. */
function boundNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  const pattern = (value: unknown): void => {
    if (!isNode(value)) return;
    if (value.type === 'Identifier') names.add(String(value.name));
    if (value.type === 'AssignmentPattern') pattern(value.left);
    if (value.type === 'RestElement') pattern(value.argument);
    if (value.type === 'ArrayPattern') for (const item of value.elements as unknown[]) pattern(item);
    if (value.type === 'ObjectPattern') {
      for (const item of value.properties as unknown[]) {
        if (isNode(item)) pattern(item.type === 'RestElement' ? item : item.value);
      }
    }
  };
  visit(file.program, (node) => {
    if (node.type === 'VariableDeclarator' || node.type.includes('Function')) pattern(node.id);
    if (Array.isArray(node.params)) for (const parameter of node.params) pattern(parameter);
    if (node.type.startsWith('Import') && node.type.endsWith('Specifier')) pattern(node.local);
    if (node.type === 'CatchClause') pattern(node.param);
  });
  return names;
}

function isMember(node: Node, object: string, property: string): boolean {
  if (node.type !== 'MemberExpression') return false;
  const left = node.object;
  const right = node.property;
  if (!isNode(left) || left.type !== 'Identifier' || left.name !== object || !isNode(right)) return false;
  return right.name === property || right.value === property;
}

function isCalled(node: Node, name: string): boolean {
  const callee = node.callee;
  return isNode(callee) && callee.type === 'Identifier' && callee.name === name;
}

function argumentsOf(node: Node): unknown[] {
  return Array.isArray(node.arguments) ? node.arguments : [];
}

/** Raw ipc anywhere but in the contract's own files. */
export function checkRawIpc(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.values()) {
    if (isTest(file.path)) continue;
    const used = new Set<string>();
    visit(file.program, (node) => {
      if (node.type === 'Identifier' && RAW_IPC.has(String(node.name))) used.add(String(node.name));
    });
    for (const name of used) {
      if (RAW_IPC.get(name) !== file.path)
        violations.push({ rule: `${name} is for ${RAW_IPC.get(name)} alone`, chain: [file.path] });
    }
  }
  return violations;
}

// Put together here, so that this file does not contain what it looks for.
const FORBIDDEN_COMMENTS = [
  '@ts-' + 'ignore',
  '@ts-' + 'nocheck',
  '@ts-' + 'expect-error',
  'biome-' + 'ignore',
  'eslint-' + 'disable',
  'TO' + 'DO',
  'FIX' + 'ME',
];

/** What a test must not be called with, and the rule against it. */
const TEST_EXCUSES: ReadonlyMap<string, string> = new Map([
  ['skip', 'no skipped test: every test runs'],
  ['todo', 'no skipped test: every test runs'],
  ['fails', 'no test that may fail: every test holds'],
  ['only', 'no test that keeps others from running: every test runs'],
]);

/** Excuses in comments, and tests that do not run or keep others from running. */
export function checkExcuses(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.values()) {
    for (const word of FORBIDDEN_COMMENTS) {
      if (new RegExp(`\\b${word}\\b`.replace('\\b@', '@')).test(file.text)) {
        violations.push({ rule: `no ${word} in the repository`, chain: [file.path] });
      }
    }
    if (!isTest(file.path)) continue;
    visit(file.program, (node) => {
      if (node.type !== 'MemberExpression') return;
      const { object, property } = node;
      if (!isNode(object) || object.type !== 'Identifier' || !isNode(property)) return;
      if (!['test', 'it', 'describe'].includes(String(object.name))) return;
      const excuse = TEST_EXCUSES.get(String(property.name));
      if (excuse !== undefined) violations.push({ rule: excuse, chain: [file.path] });
    });
  }
  return violations;
}
