import { isObject } from '../../../shared/fhir/json.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import type { Criterion, DateValue, TokenValue } from './parameters.ts';

/** Does a resource meet all conditions? */
export function matches(resource: AnyResource, criteria: readonly Criterion[]): boolean {
  return criteria.every((criterion) => meets(resource, criterion));
}

function meets(resource: AnyResource, criterion: Criterion): boolean {
  const values = criterion.parameter.paths.flatMap((path) => valuesAt(resource, path));
  if (criterion.kind === 'token') {
    return values.some((value) => criterion.values.some((wanted) => tokenMatches(value, wanted)));
  }
  if (criterion.kind === 'date') {
    return values.some((value) => criterion.values.some((wanted) => dateMatches(value, wanted)));
  }
  return values.some((value) => referenceMatches(value, criterion.values, criterion.parameter.target));
}

/** All values under a dotted path, through arrays. */
function valuesAt(value: unknown, path: string): unknown[] {
  let level: unknown[] = [value];
  for (const step of path.split('.')) {
    level = level.flatMap((item) => {
      const child = isObject(item) ? item[step] : undefined;
      return Array.isArray(child) ? child : child === undefined ? [] : [child];
    });
  }
  return level;
}

function tokenMatches(value: unknown, wanted: TokenValue): boolean {
  if (!isObject(value)) return wanted.system === undefined && String(value) === wanted.code;
  if (Array.isArray(value.coding)) return value.coding.some((coding) => tokenMatches(coding, wanted));
  const system = value.system ?? '';
  const code = value.code ?? value.value;
  if (wanted.system !== undefined && system !== wanted.system) return false;
  return wanted.code === '' ? code !== undefined : code === wanted.code;
}

function referenceMatches(value: unknown, wanted: readonly string[], target: string | undefined): boolean {
  if (!isObject(value) || typeof value.reference !== 'string') return false;
  const { reference } = value;
  const [type, id] = reference.split('/');
  if (target !== undefined && type !== target) return false;
  return wanted.includes(reference) || (id !== undefined && wanted.includes(id));
}

function dateMatches(value: unknown, wanted: DateValue): boolean {
  const at = Date.parse(String(value));
  switch (wanted.prefix) {
    case 'eq':
      return at >= wanted.start && at < wanted.end;
    case 'ne':
      return at < wanted.start || at >= wanted.end;
    case 'gt':
      return at >= wanted.end;
    case 'ge':
      return at >= wanted.start;
    case 'lt':
      return at < wanted.start;
    case 'le':
      return at < wanted.end;
  }
}
