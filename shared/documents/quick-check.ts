import type { z } from 'zod';

/** Says of a value that it surely has a shape; false where it may not have it. */
type Surely = (value: unknown) => boolean;

/** A shape or check as zod describes it, as far as it is looked at here. */
interface Described {
  _zod: { def: Definition; traits: ReadonlySet<string> };
}

interface Definition {
  type?: string;
  check?: string;
  checks?: Described[];
  shape?: Record<string, Described>;
  catchall?: Described;
  element?: Described;
  innerType?: Described;
  options?: Described[];
  keyType?: Described;
  valueType?: Described;
  entries?: Record<string, unknown>;
  values?: unknown[];
  minimum?: number;
  maximum?: number;
  value?: number;
  inclusive?: boolean;
  format?: string;
  pattern?: RegExp;
  fn?: (value: unknown) => unknown;
}

const never: Surely = () => false;
const always: Surely = () => true;

/**
 * A quick look at values of a shape: true only for those that the shape takes. False says nothing: then the shape itself has to be asked, which
 * also tells what is wrong. So what this does not know of zod costs time and lets nothing through.
 */
export function quickCheck(shape: z.ZodType): (value: unknown) => boolean {
  return of(shape as unknown as Described);
}

function of({ _zod: { def, traits } }: Described): Surely {
  if (traits.has('$ZodExactOptional')) return never;
  const plain = ofType(def);
  if (def.checks === undefined || def.checks.length === 0) return plain;
  const checks = def.checks.map(({ _zod: one }) => ofCheck(one.def));
  if (checks.length === 1) {
    const [only] = checks as [Surely];
    return (value) => plain(value) && only(value);
  }
  return (value) => plain(value) && checks.every((holds) => holds(value));
}

function ofType(def: Definition): Surely {
  switch (def.type) {
    case 'string':
      return def.format === undefined ? (value) => typeof value === 'string' : never;
    case 'number':
      return def.format === undefined
        ? (value) => typeof value === 'number' && Number.isFinite(value)
        : never;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'unknown':
      return always;
    case 'literal':
      return oneOf(def.values ?? []);
    case 'enum':
      return oneOf(Object.values(def.entries ?? {}));
    case 'nullable':
      return orElse(def.innerType, null);
    case 'optional':
      return orElse(def.innerType, undefined);
    case 'union':
      return def.inclusive === false ? never : anyOf(def.options ?? []);
    case 'array':
      return ofArray(def.element);
    case 'record':
      return ofRecord(def);
    case 'object':
      return ofObject(def);
    case 'custom':
      return def.fn === undefined ? never : (value) => def.fn?.(value) === true;
    default:
      return never;
  }
}

function ofCheck(def: Definition): Surely {
  const { minimum = 0, maximum = 0, value: limit = 0, pattern } = def;
  switch (def.check) {
    case 'min_length':
      return (value) => (value as { length: number }).length >= minimum;
    case 'max_length':
      return (value) => (value as { length: number }).length <= maximum;
    case 'number_format':
      return def.format === 'safeint' ? Number.isSafeInteger : never;
    case 'greater_than':
      return def.inclusive === true
        ? (value) => (value as number) >= limit
        : (value) => (value as number) > limit;
    case 'less_than':
      return def.inclusive === true
        ? (value) => (value as number) <= limit
        : (value) => (value as number) < limit;
    case 'string_format':
      // A pattern with a memory would answer by what it was asked before.
      return def.format !== 'regex' || pattern === undefined || pattern.global || pattern.sticky
        ? never
        : (value) => pattern.test(value as string);
    default:
      return never;
  }
}

function oneOf(values: readonly unknown[]): Surely {
  const allowed = new Set(values.filter((one) => typeof one === 'string'));
  return (value) => allowed.has(value as string);
}

function orElse(inner: Described | undefined, other: null | undefined): Surely {
  const holds = inner === undefined ? never : of(inner);
  return (value) => value === other || holds(value);
}

function anyOf(options: readonly Described[]): Surely {
  const some = options.map(of);
  return (value) => {
    for (const holds of some) if (holds(value)) return true;
    return false;
  };
}

function ofArray(element: Described | undefined): Surely {
  const holds = element === undefined ? never : of(element);
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (const one of value) if (!holds(one)) return false;
    return true;
  };
}

function ofRecord({ keyType, valueType }: Definition): Surely {
  const keys = keyType?._zod.def;
  // Any text may be a key: what else a key may have to be is left to zod.
  if (keys?.type !== 'string' || keys.format !== undefined || (keys.checks?.length ?? 0) > 0) return never;
  const holds = valueType === undefined ? never : of(valueType);
  return (value) => {
    if (!isPlain(value) || Object.getOwnPropertySymbols(value).length > 0) return false;
    for (const key in value) if (!holds(value[key])) return false;
    return true;
  };
}

function ofObject({ shape = {}, catchall }: Definition): Surely {
  if (catchall !== undefined) return never;
  const names = Object.keys(shape);
  const fields = names.map((name) => of(shape[name] as Described));
  const needed = names.map((name) => (shape[name] as Described)._zod.def.type !== 'optional');
  return (value) => {
    if (!isPlain(value)) return false;
    for (let at = 0; at < names.length; at++) {
      const field = value[names[at] as string];
      // Whether a field that is needed may be missing is for zod to say.
      if (field === undefined && needed[at]) return false;
      if (!(fields[at] as Surely)(field)) return false;
    }
    return true;
  };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
