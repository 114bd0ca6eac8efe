import type { Bundle } from 'fhir/r4';
import { objectsIn } from '../../../shared/fhir/json.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { FhirClient } from './client.ts';
import type { Item } from './item.ts';
import type { Outcome } from './send.ts';

/** Answers that are looked at in the server before its order of entries is trusted. */
const PROOFS = 3;

/** Whether a resource carries the identifier under which this station sent a record. */
export function carries(resource: AnyResource, docId: string): boolean {
  const tags = objectsIn(resource.meta?.tag);
  const tagged = tags.some(({ system, code }) => system === SYSTEM.id && code === docId);
  return tagged || ownDocId(resource as Parameters<typeof ownDocId>[0]) === docId;
}

/**
 * False when the entries of an answer cannot be those of the items, one by one: the standard asks for the same order, but an entry left out or
 * put elsewhere would give a record the id of another, and a result the patient of another.
 */
export function fitsInOrder(bundle: Bundle, items: readonly Item[]): boolean {
  const entries = bundle.entry ?? [];
  if (entries.length !== items.length) return false;
  const ids = new Set<string>();
  return items.every((item, index) => {
    const { response, resource } = entries[index] ?? {};
    if (!/^2\d\d/.test(response?.status ?? '')) return true;
    if (resource !== undefined && resource.resourceType !== 'OperationOutcome') {
      if (resource.resourceType !== item.resourceType) return false;
      if (item.serverId === '' && !carries(resource as AnyResource, item.doc.id)) return false;
    }
    const [, type, id] =
      /([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(response?.location ?? '') ?? [];
    if (type === undefined || id === undefined) return true;
    const key = `${type}/${id}`;
    const fits =
      type === item.resourceType && !ids.has(key) && (item.serverId === '' || id === item.serverId);
    ids.add(key);
    return fits;
  });
}

/**
 * Proves of a server that it answers a bundle in the order of its entries, where the answer itself does not show it: of the first answers
 * with several new records of one type two are read back.
 */
export class AnswerOrder {
  private readonly client: FhirClient;
  private proofs = 0;

  constructor(client: FhirClient) {
    this.client = client;
  }

  /** False when a record that was just sent is not the one under the id the answer gives it. @throws NoAnswer, NotAuthorised */
  async isProved(items: readonly Item[], outcomes: readonly Outcome[]): Promise<boolean> {
    if (this.proofs >= PROOFS) return true;
    const stored = items.flatMap((item, index) => {
      const outcome = outcomes[index];
      const isNew = item.serverId === '' && (outcome?.kind === 'sent' || outcome?.kind === 'exists');
      return isNew ? [{ item, id: outcome.id }] : [];
    });
    for (const some of Map.groupBy(stored, ({ item }) => item.resourceType).values()) {
      const [first, last] = [some[0], some.at(-1)];
      if (first === undefined || last === undefined || first === last) continue;
      for (const { item, id } of [first, last]) {
        const there = await this.client.read(`${item.resourceType}/${id}`);
        if (there !== undefined && !carries(there, item.doc.id)) return false;
      }
      this.proofs += 1;
    }
    return true;
  }
}
