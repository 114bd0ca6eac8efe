import type { CatalogDoc, DocOf } from '../../../shared/documents/index.ts';
import { withResult } from './call-rules.ts';
import type { Fetched } from './kinds.ts';
import type { AnyDoc, ReplicationReader } from './port.ts';

/** Longest code of a test that a result can carry. */
const CODE_LENGTH = 16;

/**
 * What follows from other records here: from the catalogue the tests an order stands for, and the test a result is of, which another system may
 * name by LOINC only; a result of a test that the catalogue does not have gets no test code. A critical call finds its result.
 */
export async function withTests(
  collection: Fetched,
  doc: AnyDoc,
  reader: ReplicationReader,
): Promise<AnyDoc> {
  if (collection === 'orders') return orderWithTests(doc as AnyDoc & DocOf<'orders'>, reader);
  if (collection === 'results') return resultWithTest(doc as AnyDoc & DocOf<'results'>, reader);
  if (collection === 'tasks') return withResult(doc as AnyDoc & DocOf<'tasks'>, reader);
  return doc;
}

async function orderWithTests(order: AnyDoc & DocOf<'orders'>, reader: ReplicationReader): Promise<AnyDoc> {
  if (order.testCodes.length > 0) return order;
  const entry = entryOf(await reader.catalog(), order.catalogCode);
  if (entry === undefined) return order;
  const testCodes = entry.kind === 'panel' ? entry.members : [entry.code];
  return { ...order, testCodes, display: order.display === '' ? entry.name : order.display } as AnyDoc;
}

async function resultWithTest(result: AnyDoc & DocOf<'results'>, reader: ReplicationReader): Promise<AnyDoc> {
  const tests = (await reader.catalog()).filter((entry) => entry.kind === 'test');
  if (tests.some((entry) => entry.code === result.testCode)) return result;
  const same = tests.find((entry) => result.loinc !== '' && entry.loinc === result.loinc);
  const testCode = same?.code ?? (result.testCode.length > CODE_LENGTH ? '' : result.testCode);
  return { ...result, testCode } as AnyDoc;
}

function entryOf(catalog: readonly CatalogDoc[], code: string): CatalogDoc | undefined {
  return (
    catalog.find((item) => item.code === code && item.kind === 'panel') ??
    catalog.find((item) => item.code === code && item.kind === 'test')
  );
}

/**
 * True for an order or a result of one of the sections, by its tests in the catalogue. What the catalogue does not know is taken: an order
 * is never lost because its section cannot be told.
 * @param sections empty: all
 */
export async function inSections(
  collection: Fetched,
  doc: AnyDoc,
  sections: readonly string[],
  reader: ReplicationReader,
): Promise<boolean> {
  if (sections.length === 0 || (collection !== 'orders' && collection !== 'results')) return true;
  const catalog = await reader.catalog();
  const any = doc as AnyDoc & Partial<DocOf<'orders'> & DocOf<'results'>>;
  const codes =
    collection === 'orders' ? [any.catalogCode ?? '', ...(any.testCodes ?? [])] : [any.testCode ?? ''];
  const found = codes.flatMap((code) => entryOf(catalog, code)?.section || []);
  return found.length === 0 || found.some((section) => sections.includes(section));
}

/** True when the catalogue has a test of this code. */
export async function isOurTest(code: string, reader: ReplicationReader): Promise<boolean> {
  return (await reader.catalog()).some((entry) => entry.kind === 'test' && entry.code === code);
}
