/** A FHIR resource as JSON; only the elements every resource has are typed. */
export interface Resource {
  resourceType: string;
  id?: string;
  meta?: Meta;
  [element: string]: unknown;
}

/** Metadata kept by the server; tags, profiles and source come from the client and survive. */
export interface Meta {
  versionId?: string;
  lastUpdated?: string;
  [element: string]: unknown;
}

/** True for a JSON object that is not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON object with a `resourceType`. */
export function isResource(value: unknown): value is Resource {
  return isObject(value) && typeof value.resourceType === 'string';
}

/** All values under a dotted path, through arrays: `pick(specimen, 'collection.collector')`. */
export function pick(value: unknown, path: string): unknown[] {
  let level: unknown[] = [value];
  for (const step of path.split('.')) {
    const next: unknown[] = [];
    for (const item of level) {
      if (!isObject(item)) continue;
      const child = item[step];
      if (Array.isArray(child)) next.push(...child);
      else if (child !== undefined && child !== null) next.push(child);
    }
    level = next;
  }
  return level;
}

/** Calls `visit` for every object inside `value`, itself included. */
export function walkObjects(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walkObjects(item, visit);
  } else if (isObject(value)) {
    visit(value);
    for (const item of Object.values(value)) {
      if (typeof item === 'object') walkObjects(item, visit);
    }
  }
}
