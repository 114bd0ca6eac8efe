import { isObject } from './resource.ts';

/** Value sets and code systems by their canonical address, as the R4 definitions give them. */
export interface Terminology {
  valueSets: Map<string, object>;
  codeSystems: Map<string, object>;
}

interface Concept {
  code: string;
  concept?: Concept[];
}

interface Part {
  system?: string;
  concept?: Concept[];
  filter?: unknown[];
  valueSet?: string[];
}

interface ValueSet {
  compose?: { include?: Part[]; exclude?: Part[] };
}

/** Codes by system; `undefined` for a system whose codes R4 does not list (units, languages, media types). */
type Codes = Map<string, Set<string> | undefined>;

/** What a required binding lets through. */
export interface Allowed {
  /** A code, Coding, CodeableConcept or Quantity. */
  accepts(value: unknown): boolean;
}

/** The codes of a value set. Sets that are not known, or that are built by a filter, let everything through. */
export function allowedCodes(terminology: Terminology, url: string): Allowed {
  const codes = expand(terminology, url);
  if (codes === undefined) return { accepts: () => true };
  const has = (system: string | undefined, code: string): boolean =>
    system === undefined
      ? [...codes.values()].some((known) => known === undefined || known.has(code))
      : codes.has(system) && (codes.get(system)?.has(code) ?? true);
  const accepts = (value: unknown): boolean => {
    if (typeof value === 'string') return has(undefined, value);
    if (!isObject(value)) return true;
    if (Array.isArray(value.coding)) return value.coding.some(accepts);
    const { system, code } = value;
    if (typeof code !== 'string') return value.text === undefined;
    return has(typeof system === 'string' ? system : '', code);
  };
  return { accepts };
}

function expand(terminology: Terminology, url: string): Codes | undefined {
  const compose = (terminology.valueSets.get(url) as ValueSet | undefined)?.compose;
  if (compose?.include === undefined) return undefined;
  const codes: Codes = new Map();
  for (const part of compose.include) {
    if (part.filter !== undefined || part.valueSet !== undefined || part.system === undefined)
      return undefined;
    const more = codesOf(terminology, part.system, part.concept);
    const known = codes.get(part.system);
    codes.set(part.system, more === undefined ? undefined : new Set([...(known ?? []), ...more]));
  }
  for (const part of compose.exclude ?? []) {
    for (const code of namesOf(part.concept ?? [])) codes.get(part.system ?? '')?.delete(code);
  }
  return codes;
}

function codesOf(terminology: Terminology, system: string, chosen?: Concept[]): string[] | undefined {
  if (chosen !== undefined) return namesOf(chosen);
  const { concept } = (terminology.codeSystems.get(system) ?? {}) as { concept?: Concept[] };
  return concept === undefined ? undefined : namesOf(concept);
}

function namesOf(concepts: Concept[]): string[] {
  return concepts.flatMap(({ code, concept }) => [code, ...namesOf(concept ?? [])]);
}
