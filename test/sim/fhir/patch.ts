import { FhirError } from './outcome.ts';
import { isObject, isResource, type Resource } from './resource.ts';

/**
 * Applies a JSON patch (RFC 6902: add, replace, remove, test) to a copy of the resource.
 * @throws FhirError 400 malformed or not applicable
 */
export function applyPatch(resource: Resource, patch: unknown): Resource {
  if (!Array.isArray(patch)) throw bad('A JSON patch must be an array');
  const copy: unknown = structuredClone(resource);
  for (const operation of patch) applyOne(copy, operation);
  if (!isResource(copy)) throw bad('The patch removed the resource type');
  return copy;
}

function applyOne(document: unknown, operation: unknown): void {
  if (!isObject(operation) || typeof operation.path !== 'string') throw bad('A patch operation needs a path');
  const steps = operation.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop();
  if (last === undefined) throw bad('A patch operation needs a path');
  let parent: unknown = document;
  for (const step of steps) parent = child(parent, step);
  const value = operation.value;
  if (operation.op === 'test') {
    if (JSON.stringify(child(parent, last)) !== JSON.stringify(value))
      throw bad(`Test failed at ${operation.path}`);
  } else if (Array.isArray(parent)) {
    patchArray(parent, last, operation.op, value);
  } else if (isObject(parent)) {
    patchObject(parent, last, operation.op, value);
  } else {
    throw bad(`No such path ${operation.path}`);
  }
}

function patchArray(target: unknown[], step: string, op: unknown, value: unknown): void {
  const at = step === '-' ? target.length : Number(step);
  if (!Number.isInteger(at) || at < 0 || at > target.length) throw bad(`Bad array position ${step}`);
  if (op === 'add') target.splice(at, 0, value);
  else if (op === 'replace') target.splice(at, 1, value);
  else if (op === 'remove') target.splice(at, 1);
  else throw bad(`Unsupported operation ${String(op)}`);
}

function patchObject(target: Record<string, unknown>, step: string, op: unknown, value: unknown): void {
  if (op === 'add' || op === 'replace') target[step] = value;
  else if (op === 'remove') delete target[step];
  else throw bad(`Unsupported operation ${String(op)}`);
}

function child(parent: unknown, step: string): unknown {
  if (Array.isArray(parent)) return parent[Number(step)];
  return isObject(parent) ? parent[step] : undefined;
}

function bad(diagnostics: string): FhirError {
  return new FhirError(400, 'invalid', diagnostics);
}
