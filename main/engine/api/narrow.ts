import type { CollectionName } from '../../../shared/documents/index.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Find, Reader } from '../store/store.ts';
import type { ApiType, Criterion } from './parameters.ts';

/** A query on an index, or ids, that holds every document of a collection which can meet the criteria. */
export type Narrowed = { ids: string[] } | { find: Find };

/** Indexed field that holds the identifier of a document besides its id; equal values need not be unique. */
const identifierFields: Partial<Record<Replicated, string>> = {
  patients: 'identifier',
  orders: 'requisition',
  specimens: 'accessionIdentifier',
  results: 'sourceKey',
  controls: 'sourceKey',
};
/** Collections whose documents come from other systems and keep further identifiers, which no index has. */
const foreignIdentifiers: readonly Replicated[] = [
  'patients',
  'orders',
  'specimens',
  'instruments',
  'catalog',
];

/** Measurements held as exceptions: the only tasks that are Observations. */
export const openExceptions: Find = { selector: { status: 'open', kind: 'exception' } };

/**
 * Finds for a collection the indexed queries that together hold all candidates; what they give is still matched. `undefined` when no
 * index helps and the collection has to be walked.
 */
export async function narrow(
  reader: Reader,
  type: ApiType,
  collection: Replicated,
  criteria: readonly Criterion[],
): Promise<Narrowed[] | undefined> {
  for (const criterion of criteria) {
    if (criterion.parameter.name === '_id' && criterion.kind === 'token') {
      return [{ ids: criterion.values.map((value) => value.code) }];
    }
  }
  if (type === 'Observation' && collection === 'tasks') return [{ find: openExceptions }];
  for (const criterion of criteria) {
    const found = await one(reader, collection, criterion);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function one(
  reader: Reader,
  collection: Replicated,
  criterion: Criterion,
): Promise<Narrowed[] | undefined> {
  const { name } = criterion.parameter;
  if (criterion.kind === 'token') {
    const codes = criterion.values.map((value) => value.code);
    if (codes.includes('')) return undefined;
    if (name === 'identifier') return byIdentifier(reader, collection, criterion);
    if (name === 'accession') return each('accessionIdentifier', codes);
    if (name === 'requisition') return each('requisition', codes);
    return name === 'status' ? byStatus(collection, codes) : undefined;
  }
  if (criterion.kind !== 'reference') return undefined;
  const ids = criterion.values.map((value) => value.slice(value.indexOf('/') + 1));
  if (name === 'patient' || name === 'subject') return bySubject(collection, ids);
  if (name === 'specimen') return byPatientOf(reader, 'specimens', collection, ids);
  if (name === 'based-on') return byPatientOf(reader, 'orders', collection, ids);
  if (name === 'device' && collection === 'controls') return each('instrumentId', ids);
  return undefined;
}

async function byIdentifier(
  reader: Reader,
  collection: Replicated,
  criterion: Criterion & { kind: 'token' },
): Promise<Narrowed[] | undefined> {
  const codes = criterion.values.map((value) => value.code);
  const field = identifierFields[collection];
  const narrowed: Narrowed[] = [{ ids: codes }];
  if (field !== undefined) narrowed.push(...each(field, codes));
  if (!foreignIdentifiers.includes(collection)) return narrowed;
  const ours = criterion.values.every((value) => value.system === SYSTEM.id);
  return ours || (await anyThere(reader, collection, narrowed)) ? narrowed : undefined;
}

async function anyThere(reader: Reader, collection: Replicated, narrowed: Narrowed[]): Promise<boolean> {
  for (const item of narrowed) if ((await fetchNarrowed(reader, collection, item, 1)).length > 0) return true;
  return false;
}

/** Open work is what is asked for by status; for the rest the walk is as good. */
function byStatus(collection: Replicated, statuses: string[]): Narrowed[] | undefined {
  // A QC result is always final.
  if (collection === 'controls') return statuses.includes('final') ? undefined : [];
  if (
    collection === 'tasks' &&
    statuses.every((status) => status === 'requested' || status === 'preliminary')
  ) {
    return [{ find: { selector: { status: 'open' } } }];
  }
  if (collection === 'results' && statuses.every((status) => status === 'preliminary')) {
    // What is not released goes as preliminary; a released result never is.
    return each('verdict', ['held', 'ready', 'blocked', 'rejected']);
  }
  return undefined;
}

function bySubject(collection: Replicated, ids: string[]): Narrowed[] | undefined {
  if (collection === 'controls') return each('instrumentId', ids);
  const indexed = collection === 'orders' || collection === 'results' || collection === 'reports';
  return indexed ? each('patientId', ids) : undefined;
}

/** Through the patient of the specimen or order: whatever refers to it is that patient's. */
async function byPatientOf(
  reader: Reader,
  owner: 'specimens' | 'orders',
  collection: Replicated,
  ids: string[],
): Promise<Narrowed[] | undefined> {
  if (collection === 'controls') return [];
  if (collection !== 'results' && collection !== 'reports') return undefined;
  const owners = await reader.getMany(owner, ids);
  return each(
    'patientId',
    owners.map((doc) => doc.patientId),
  );
}

/** One query per value of an indexed field: an index is not used for a list of values. */
function each(field: string, values: readonly string[]): Narrowed[] {
  return [...new Set(values)].map((value) => ({ find: { selector: { [field]: value } } }));
}

/** The documents of a narrowed query, at most `limit`. */
export async function fetchNarrowed<C extends Replicated & CollectionName>(
  reader: Reader,
  collection: C,
  narrowed: Narrowed,
  limit: number,
): Promise<Awaited<ReturnType<typeof reader.find<C>>>> {
  if ('ids' in narrowed) return reader.getMany(collection, narrowed.ids.slice(0, limit));
  return reader.find(collection, { ...narrowed.find, limit });
}
