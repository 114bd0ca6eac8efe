import type { Fault } from './official.ts';
import { FhirError } from './outcome.ts';
import { type Resource, walkObjects } from './resource.ts';
import type { Store } from './store.ts';

/** One resource that was refused because it is not valid R4. */
export interface Invalid {
  type: string;
  /** First identifier, as `system|value`. */
  identifier: string;
  faults: Fault[];
}

/** Gives the faults of a resource; see `officialFaults`. */
export type FaultsOf = (resource: Resource) => Fault[];

/**
 * Checks a resource somebody sends: official definitions, and that its references lead to something this server has or once had. What the
 * resource it replaces was wrong in already is not held against the sender, who has to give back what it does not understand.
 * @throws FhirError 422; then it is in `invalid` too
 */
export function checkSent(
  resource: Resource,
  before: Resource | undefined,
  around: { faultsOf: FaultsOf; store: Store; planned: ReadonlySet<string>; invalid: Invalid[] },
): void {
  const all = (one: Resource): Fault[] => [
    ...around.faultsOf(one),
    ...dangling(one, around.store, around.planned),
  ];
  const faults = all(resource);
  if (faults.length === 0) return;
  const known = new Set(before === undefined ? [] : all(before));
  const own = faults.filter((fault) => !known.has(fault));
  if (own.length === 0) return;
  const [first] = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  const { system, value } = (first ?? {}) as { system?: string; value?: string };
  around.invalid.push({
    type: resource.resourceType,
    identifier: `${system ?? ''}|${value ?? ''}`,
    faults: own,
  });
  throw new FhirError(422, 'invalid', own.join('; '));
}

function dangling(resource: Resource, store: Store, planned: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  walkObjects(resource, ({ reference }) => {
    const [, type = '', id = ''] = /^([A-Z]\w+)\/([A-Za-z0-9.-]+)/.exec(String(reference ?? '')) ?? [];
    if (type === '' || store.wasKnown(type, id) || planned.has(`${type}/${id}`)) return;
    faults.push(`${type}/${id}: there is no such resource and never was`);
  });
  return faults;
}

/** The error a server stops with when invalid resources were sent to it. */
export function invalidError(invalid: readonly Invalid[]): Error {
  const lines = invalid
    .slice(0, 10)
    .map(({ type, identifier, faults }) => `${type} ${identifier}: ${faults.join('; ')}`);
  return new Error(`${invalid.length} invalid resources were sent:\n${lines.join('\n')}`);
}
