import type { CodeableConcept, Coding, Extension, Identifier, Meta, Reference } from 'fhir/r4';
import type { z } from 'zod';
import type { Reason } from '../documents/common.ts';
import type { CollectionName } from '../documents/index.ts';
import { objectsIn } from './json.ts';
import { conditionalDocId, type FromContext, type ToContext } from './mapping.ts';
import { EXTENSION, SYSTEM } from './systems.ts';

/** Meta of a resource this station writes. */
export function ourMeta(context: ToContext, ...more: Coding[]): Meta {
  return { tag: [{ system: SYSTEM.station, code: context.station }, ...more] };
}

/** Our own identifier. */
export function ourId(docId: string): Identifier {
  return { system: SYSTEM.id, value: docId };
}

/** Value of the identifier of a system; empty when there is none. */
export function identifierOf(list: Identifier[] | undefined, system: string): string {
  return list?.find((item) => item.system === system)?.value ?? '';
}

/** Document id that a resource of ours carries; empty for one that another system made. */
export function ownDocId(resource: { identifier?: Identifier | Identifier[] }): string {
  const own = objectsIn([resource.identifier].flat()).find(({ system }) => system === SYSTEM.id)?.value;
  return typeof own === 'string' ? own : '';
}

/** Empty text becomes absent: FHIR has no empty strings. */
export function some(text: string): string | undefined {
  return text === '' ? undefined : text;
}

export function concept(system: string, code: string, text = ''): CodeableConcept | undefined {
  if (code === '' && text === '') return undefined;
  return { coding: code === '' ? undefined : [{ system, code }], text: some(text) };
}

/** Code of a system in a concept; with `anyOther`, the first code when the system has none. */
export function codeOf(of: CodeableConcept | undefined, system: string, anyOther = false): string {
  const found = of?.coding?.find((coding) => coding.system === system)?.code;
  return found ?? (anyOther ? of?.coding?.[0]?.code : undefined) ?? '';
}

/** Words of a concept. */
export function wordsOf(of: CodeableConcept | undefined): string {
  return of?.text ?? of?.coding?.find((coding) => coding.display !== undefined)?.display ?? '';
}

/**
 * Reference to a record; absent for an empty id. Where the context has no address for it (a record that never goes to the server)
 * it names our identifier only, which FHIR allows.
 */
export function refer(
  context: ToContext,
  collection: CollectionName,
  docId: string,
  type?: string,
): Reference | undefined {
  if (docId === '') return undefined;
  if (isAbsent(docId)) return { reference: docId };
  const reference = context.reference(collection, docId, type);
  return reference === '' ? { identifier: ourId(docId) } : { reference };
}

/** True for what stands in place of a document id where the record is not here: its reference at the server, `ServiceRequest/17`. */
export function isAbsent(docId: string): boolean {
  return docId.includes('/');
}

/** References to several records, in their order. */
export function referAll(context: ToContext, collection: CollectionName, docIds: string[]): Reference[] {
  return docIds.flatMap((docId) => refer(context, collection, docId) ?? []);
}

/** Document id behind a reference; empty when there is none or it is not known here. */
export function docIdOf(
  context: FromContext,
  collection: CollectionName,
  reference: Reference | undefined,
): string {
  const text = reference?.reference;
  if (text === undefined) {
    return reference?.identifier?.system === SYSTEM.id ? (reference.identifier.value ?? '') : '';
  }
  const own = conditionalDocId(text);
  if (own !== undefined) return own;
  return context.docId(collection, relativeOf(text)) ?? '';
}

/** A reference without the server's address and a version: `ServiceRequest/17`. */
function relativeOf(reference: string): string {
  return /[A-Z]\w+\/[A-Za-z0-9.-]{1,64}(?=\/_history|$)/.exec(reference)?.[0] ?? reference;
}

/** Document ids behind references of one type; one that is not here stands as its reference ({@link isAbsent}), so that it is not lost. */
export function docIdsOrAbsent(
  context: FromContext,
  collection: CollectionName,
  references: Reference[] | undefined,
  type: string,
): string[] {
  return (references ?? []).flatMap((item) => {
    const id = docIdOf(context, collection, item);
    if (id !== '') return [id];
    const relative = relativeOf(item.reference ?? '');
    return relative.startsWith(`${type}/`) ? [relative] : [];
  });
}

/** Document id behind one reference; one that is not here stands as its reference ({@link isAbsent}), so that it is not lost. */
export function docIdOrAbsent(
  context: FromContext,
  collection: CollectionName,
  reference: Reference | undefined,
  type: string,
): string {
  return docIdsOrAbsent(context, collection, reference === undefined ? [] : [reference], type)[0] ?? '';
}

/** Document ids behind references; unknown ones are left out. */
export function docIdsOf(
  context: FromContext,
  collection: CollectionName,
  references: Reference[] | undefined,
): string[] {
  return (references ?? []).map((item) => docIdOf(context, collection, item)).filter((id) => id !== '');
}

/** A value one of our extensions can hold. */
export type Plain = string | number | boolean | string[] | undefined;

/** Extensions for fields that have no FHIR element; empty texts and absent values give none. */
export function fieldsOf(values: Record<string, Plain>): Extension[] {
  const fields: Extension[] = [];
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value === undefined || value === '') continue;
    const url = urlOf(name);
    if (Array.isArray(value)) for (const item of value) fields.push({ url, valueString: item });
    else if (typeof value === 'string') fields.push({ url, valueString: value });
    else if (typeof value === 'boolean') fields.push({ url, valueBoolean: value });
    else fields.push(Number.isInteger(value) ? { url, valueInteger: value } : { url, valueDecimal: value });
  }
  return fields;
}

const urls = new Map<string, string>();

/** Address of one of our extensions; names are few, and each is one text for all who use it. */
function urlOf(name: string): string {
  let url = urls.get(name);
  if (url === undefined) {
    url = EXTENSION + name;
    if (urls.size < 1_000) urls.set(name, url);
  }
  return url;
}

interface Extended {
  extension?: Extension[];
}

function all(of: Extended | undefined, name: string): Extension[] {
  return of?.extension?.filter((item) => item.url === EXTENSION + name) ?? [];
}

/** Text of one of our extensions; empty when it is not there. */
export function fieldText(of: Extended | undefined, name: string): string {
  return all(of, name)[0]?.valueString ?? '';
}

/** Texts of a repeated extension of ours. */
export function fieldTexts(of: Extended | undefined, name: string): string[] {
  return all(of, name).flatMap((item) => item.valueString ?? []);
}

/** A structured value of ours, kept as JSON text; `none` when it is not there or not of that shape. */
export function fieldJson<T>(of: Extended | undefined, name: string, shape: z.ZodType<T>, none: T): T {
  const text = fieldText(of, name);
  if (text === '') return none;
  try {
    const parsed = shape.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : none;
  } catch {
    return none;
  }
}

/** Number of one of our extensions. */
export function fieldNumber(of: Extended | undefined, name: string): number | undefined {
  const found = all(of, name)[0];
  return found?.valueInteger ?? found?.valueDecimal;
}

/** Truth of one of our extensions. */
export function fieldBoolean(of: Extended | undefined, name: string): boolean | undefined {
  return all(of, name)[0]?.valueBoolean;
}

/** Nested extension of ours. */
export function group(name: string, parts: Extension[]): Extension {
  return { url: urlOf(name), extension: parts };
}

/** Nested extensions of ours by name. */
export function groupsOf(of: Extended | undefined, name: string): Extension[] {
  return all(of, name);
}

/** The reasons of a decision as nested extensions `because`. */
export function becauseTo(reasons: Reason[]): Extension[] {
  return reasons.map((reason) =>
    group('because', [
      ...fieldsOf({ rule: reason.rule, outcome: reason.outcome, text: reason.text }),
      ...Object.entries(reason.inputs).map(([name, value]) => group('input', fieldsOf({ name, value }))),
    ]),
  );
}

/** The reasons written by {@link becauseTo}. */
export function becauseFrom(of: Extended): Reason[] {
  return groupsOf(of, 'because').map((item) => ({
    rule: fieldText(item, 'rule'),
    outcome: oneOf(fieldText(item, 'outcome'), ['pass', 'hold', 'block', 'warn', 'note'], 'note'),
    inputs: Object.fromEntries(
      groupsOf(item, 'input').map((input) => [fieldText(input, 'name'), fieldText(input, 'value')]),
    ),
    text: fieldText(item, 'text'),
  }));
}

/** `value` when it is one of `known`, else `otherwise`. */
export function oneOf<const T extends string>(
  value: string | undefined,
  known: readonly T[],
  otherwise: NoInfer<T>,
): T {
  return known.find((item) => item === value) ?? otherwise;
}

/** A FHIR date, dateTime or instant as the UTC instant documents use; a date alone is its first moment; empty when it is none. */
export function instantOf(text: string | undefined): string {
  if (text === undefined) return '';
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
