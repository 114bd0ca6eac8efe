import type { AnyResource } from '../../../shared/fhir/mapping.ts';

/**
 * A small check of what is about to be sent (a few microseconds a resource), so that a server that takes everything does not get what no other
 * could read. It knows the elements Levey writes; the tests hold everything against the official R4 definitions.
 */

const request = codes('draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown');
const event = codes(
  ...[
    'preparation',
    'in-progress',
    'not-done',
    'on-hold',
    'stopped',
    'completed',
    'entered-in-error',
    'unknown',
  ],
);
const publication = codes('draft', 'active', 'retired', 'unknown');
const observation = codes(
  ...[
    'registered',
    'preliminary',
    'final',
    'amended',
    'corrected',
    'cancelled',
    'entered-in-error',
    'unknown',
  ],
);
const priority = codes('routine', 'urgent', 'asap', 'stat');
const gender = codes('male', 'female', 'other', 'unknown');
const intent = [
  'proposal',
  'plan',
  'order',
  'original-order',
  'reflex-order',
  'filler-order',
  'instance-order',
  'option',
];

interface Shape {
  /** Elements that must be there. */
  required: readonly string[];
  /** Required bindings. */
  codes: Readonly<Record<string, ReadonlySet<string>>>;
}

/** What R4 (4.0.1) asks of each resource type Levey sends. */
const shapes: Record<string, Shape> = {
  Patient: { required: [], codes: { gender } },
  Device: { required: [], codes: { status: codes('active', 'inactive', 'entered-in-error', 'unknown') } },
  ObservationDefinition: { required: ['code'], codes: {} },
  ActivityDefinition: { required: ['status'], codes: { status: publication, priority } },
  PlanDefinition: { required: ['status'], codes: { status: publication } },
  SpecimenDefinition: { required: [], codes: {} },
  ServiceRequest: {
    required: ['status', 'intent', 'subject'],
    codes: { status: request, intent: codes('directive', ...intent), priority },
  },
  Specimen: {
    required: [],
    codes: { status: codes('available', 'unavailable', 'unsatisfactory', 'entered-in-error') },
  },
  Observation: { required: ['status', 'code'], codes: { status: observation } },
  Substance: { required: ['code'], codes: { status: codes('active', 'inactive', 'entered-in-error') } },
  DiagnosticReport: {
    required: ['status', 'code'],
    codes: { status: codes(...observation, 'partial', 'appended') },
  },
  Provenance: { required: ['target', 'recorded', 'agent'], codes: {} },
  Task: {
    required: ['status', 'intent'],
    codes: {
      status: codes(
        ...['draft', 'requested', 'received', 'accepted', 'rejected', 'ready', 'cancelled', 'in-progress'],
        ...['on-hold', 'failed', 'completed', 'entered-in-error'],
      ),
      intent: codes('unknown', ...intent),
      priority,
    },
  },
  DetectedIssue: {
    required: ['status'],
    codes: { status: observation, severity: codes('high', 'moderate', 'low') },
  },
  Communication: { required: ['status'], codes: { status: event, priority } },
  Basic: { required: ['code'], codes: {} },
};

const REFERENCE =
  /^([A-Z]\w+\/[A-Za-z0-9.-]{1,64}(\/_history\/[A-Za-z0-9.-]{1,64})?|[A-Z]\w+\?\S+=\S+|#.*|https?:\/\/\S+|urn:\S+)$/;
const TIME =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d))?)?)?$/;
const INSTANT = /T.*(Z|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;
/** Elements that are a date, dateTime or instant by their names. */
const TIMES =
  /^(.*DateTime|authoredOn|sent|received|receivedTime|lastModified|issued|recorded|start|end|date|expiry)$/;
const INSTANTS = codes('issued', 'recorded', 'effectiveInstant');

/**
 * What is wrong with a resource that is about to be sent, in words with the path; undefined when nothing is. `known` is what the server has
 * itself: what is wrong in that already is given back as it came.
 */
export function faultOf(resource: AnyResource, known?: unknown): string | undefined {
  if (isSound(resource)) return undefined;
  const faults = faultsOf(resource);
  const old = new Set(known === undefined ? [] : faultsOf({ ...resource, ...(known as AnyResource) }));
  return faults.find((fault) => !old.has(fault));
}

function faultsOf(resource: AnyResource): string[] {
  const faults: string[] = [];
  const { resourceType } = resource;
  const shape = shapes[resourceType];
  const values = resource as unknown as Record<string, unknown>;
  for (const name of shape?.required ?? [])
    if (values[name] === undefined) faults.push(`${resourceType}.${name} is missing`);
  for (const [name, allowed] of Object.entries(shape?.codes ?? {})) {
    const code = values[name];
    if (code !== undefined && !allowed.has(String(code)))
      faults.push(`${resourceType}.${name} has the unknown code “${String(code)}”`);
  }
  walk(values, resourceType, faults);
  return faults;
}

/** The same without the words: nearly all are sound, and paths are only made for those that are not. */
function isSound(resource: AnyResource): boolean {
  const shape = shapes[resource.resourceType];
  const values = resource as unknown as Record<string, unknown>;
  for (const name of shape?.required ?? []) if (values[name] === undefined) return false;
  for (const name in shape?.codes) {
    const code = values[name];
    if (code !== undefined && shape.codes[name]?.has(String(code)) !== true) return false;
  }
  return isSoundInside(values);
}

/** True for an element, or a resource, that has something in it and nothing wrong. Written for speed: everything that is sent goes through here. */
function isSoundInside(node: Record<string, unknown>): boolean {
  const names = Object.keys(node);
  const values = Object.values(node);
  let isEmpty = true;
  for (let at = 0; at < names.length; at++) {
    const value = values[at];
    if (value === undefined) continue;
    isEmpty = false;
    if (!isSoundValue(value, names[at] as string)) return false;
  }
  return !isEmpty;
}

function isSoundValue(value: unknown, name: string): boolean {
  if (typeof value === 'string') return textFault(value, name) === undefined;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return value !== undefined;
  if (value === null) return false;
  if (!Array.isArray(value))
    return (
      isQuantity(value as Record<string, unknown>, name) && isSoundInside(value as Record<string, unknown>)
    );
  if (value.length === 0) return false;
  for (let at = 0; at < value.length; at++) if (!isSoundValue(value[at], name)) return false;
  return true;
}

/** Empty, wrong and unreadable values anywhere inside. */
function walk(node: Record<string, unknown>, path: string, faults: string[]): void {
  for (const [name, value] of Object.entries(node)) {
    if (value === undefined) continue;
    const here = `${path}.${name}`;
    if (Array.isArray(value)) {
      if (value.length === 0) faults.push(`${here} is an empty list`);
      for (const [index, one] of value.entries()) look(one, name, `${here}[${index}]`, faults);
    } else look(value, name, here, faults);
  }
}

function look(value: unknown, name: string, path: string, faults: string[]): void {
  if (typeof value === 'string') lookText(value, name, path, faults);
  else if (typeof value === 'number' && !Number.isFinite(value)) faults.push(`${path} is not a number`);
  else if (value === null || value === undefined) faults.push(`${path} has no value`);
  else if (typeof value === 'object') {
    const node = value as Record<string, unknown>;
    if (Object.keys(node).length === 0) faults.push(`${path} is empty`);
    if (!isQuantity(node, name)) faults.push(`${path}.value is not a number`);
    walk(node, path, faults);
  }
}

/** A quantity has a number, everything else may have what it wants. */
function isQuantity(node: Record<string, unknown>, name: string): boolean {
  if (name !== 'value' && name !== 'valueQuantity' && name !== 'low' && name !== 'high') return true;
  return node.value === undefined || typeof node.value === 'number';
}

/** What the text of an element has to be. */
type Kind = 'any' | 'reference' | 'date' | 'time' | 'instant';
const kinds = new Map<string, Kind>();

/** What the text of an element of that name has to be; names are few, texts many. */
function kindOf(name: string): Kind {
  let kind = kinds.get(name);
  if (kind === undefined) {
    kind = 'any';
    if (name === 'reference') kind = 'reference';
    else if (name === 'birthDate') kind = 'date';
    else if (TIMES.test(name)) kind = INSTANTS.has(name) ? 'instant' : 'time';
    if (kinds.size < 1_000) kinds.set(name, kind);
  }
  return kind;
}

function lookText(value: string, name: string, path: string, faults: string[]): void {
  const fault = textFault(value, name);
  if (fault === 'empty') faults.push(`${path} is empty`);
  else if (fault !== undefined) faults.push(`${path} is not a ${fault}: “${value}”`);
}

function textFault(value: string, name: string): 'empty' | 'reference' | 'date' | 'time' | undefined {
  if (value === '') return 'empty';
  // Most texts are of these, which may say anything.
  if (name === 'url' || name === 'valueString' || name === 'system' || name === 'code') return undefined;
  const kind = kindOf(name);
  if (kind === 'any') return undefined;
  if (kind === 'reference') return REFERENCE.test(value) ? undefined : kind;
  if (kind === 'date') return DATE.test(value) ? undefined : kind;
  return TIME.test(value) && (kind === 'time' || INSTANT.test(value)) ? undefined : 'time';
}

function codes(...names: string[]): ReadonlySet<string> {
  return new Set(names);
}
