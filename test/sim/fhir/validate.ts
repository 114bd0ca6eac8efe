import { readFileSync } from 'node:fs';
import { DEFINITIONS } from './definitions.ts';
import { definitionLines } from './generate-definitions.ts';
import { FhirError } from './outcome.ts';
import type { Release } from './release.ts';
import { isObject, isResource, type Resource } from './resource.ts';

/**
 * How much the server checks. `structure` is what common servers do: unknown elements, wrong JSON types and missing
 * required elements are refused, wrong codes and dangling references are accepted. `strict` refuses those as well.
 */
export type Validation = 'off' | 'structure' | 'strict';

interface Element {
  type: string;
  required: boolean;
  many: boolean;
  codes: ReadonlySet<string> | undefined;
}

interface Definition {
  resource: boolean;
  elements: Map<string, Element>;
}

const PRIMITIVES: Record<string, string> = {
  string: 'string',
  boolean: 'boolean',
  number: 'number',
  code: 'string',
};

const r4 = parseDefinitions(DEFINITIONS);
let r5: Map<string, Definition> | undefined;

function definitionsOf(release: Release): Map<string, Definition> {
  if (release === 'R4') return r4;
  r5 ??= parseDefinitions(
    definitionLines(
      readFileSync(new URL('../../../node_modules/@types/fhir/r5.d.ts', import.meta.url), 'utf8'),
    ),
  );
  return r5;
}

function parseDefinitions(text: string): Map<string, Definition> {
  const found = new Map<string, Definition>();
  for (const line of text.trim().split('\n')) {
    const [head = '', ...notes] = line.split(' ');
    const elements = new Map<string, Element>();
    for (const note of notes) {
      const [, name = '', required, many, type = '', codes] =
        /^(\w+)(!?)(\*?):(\w+)(?:=(.*))?$/.exec(note) ?? [];
      elements.set(name, {
        type,
        required: required === '!',
        many: many === '*',
        codes: codes === undefined ? undefined : new Set(codes.split('|')),
      });
    }
    found.set(head.replace('@', ''), { resource: head.startsWith('@'), elements });
  }
  return found;
}

/** Names of the resource types this server stores. */
export const RESOURCE_TYPES: readonly string[] = [...r4]
  .filter(([, definition]) => definition.resource)
  .map(([name]) => name);

/** What is checked against. */
interface Measure {
  level: Validation;
  definitions: Map<string, Definition>;
}

/**
 * Checks a resource against the definitions of a release.
 * @throws FhirError 400 naming the path of the first fault
 */
export function validateResource(resource: Resource, level: Validation, release: Release = 'R4'): void {
  if (level === 'off') return;
  checkResource(resource, resource.resourceType, { level, definitions: definitionsOf(release) });
}

function checkResource(value: unknown, path: string, measure: Measure): void {
  if (!isResource(value)) throw fault(path, 'structure', 'is not a resource');
  const definition = measure.definitions.get(value.resourceType);
  if (definition === undefined)
    throw fault(path, 'not-supported', `has the unknown type ${value.resourceType}`);
  checkElements(value, definition, path, measure);
}

function checkElements(
  value: Record<string, unknown>,
  definition: Definition,
  path: string,
  measure: Measure,
): void {
  for (const [name, child] of Object.entries(value)) {
    if (name === 'resourceType' && definition.resource) continue;
    const here = `${path}.${name}`;
    if (name.startsWith('_') && definition.elements.has(name.slice(1))) continue;
    const element = definition.elements.get(name);
    if (element === undefined) throw fault(here, 'structure', 'is an unknown element');
    if (element.many !== Array.isArray(child)) {
      throw fault(here, 'structure', element.many ? 'must be an array' : 'must not be an array');
    }
    const items = Array.isArray(child) ? child : [child];
    if (items.length === 0) throw fault(here, 'structure', 'must not be empty');
    for (const item of items) checkValue(item, element, here, measure);
  }
  for (const [name, element] of definition.elements) {
    if (element.required && value[name] === undefined && value[`_${name}`] === undefined) {
      throw fault(`${path}.${name}`, 'required', 'is required and missing');
    }
  }
}

function checkValue(value: unknown, element: Element, path: string, measure: Measure): void {
  const primitive = PRIMITIVES[element.type];
  if (primitive !== undefined) {
    if (typeof value !== primitive) throw fault(path, 'value', `must be a JSON ${primitive}`);
    if (value === '') throw fault(path, 'value', 'must not be empty');
    if (measure.level === 'strict' && element.codes !== undefined && !element.codes.has(String(value))) {
      throw fault(path, 'code-invalid', `has the unknown code ${String(value)}`);
    }
    return;
  }
  if (element.type === 'Resource' || element.type === 'FhirResource') {
    checkResource(value, path, measure);
    return;
  }
  if (!isObject(value)) throw fault(path, 'structure', 'must be an object');
  if (Object.keys(value).length === 0) throw fault(path, 'structure', 'must not be empty');
  const definition = measure.definitions.get(element.type);
  if (definition !== undefined) checkElements(value, definition, path, measure);
}

function fault(path: string, code: string, text: string): FhirError {
  return new FhirError(400, code, `${path} ${text}`, { expression: path });
}
