import type { DocOf } from '../../../shared/documents/index.ts';
import { type AnyResource, stationOf } from '../../../shared/fhir/mapping.ts';
import type { Fetched } from './kinds.ts';
import type { AnyDoc, ReplicationReader } from './port.ts';
import { requestsOf } from './pulled.ts';
import { inSections, isOurTest } from './scope.ts';

/** Orders of other sections that are remembered. */
const MOST_OUTSIDE = 50_000;

/** What of the server's records is of use to this bench. */
export class OfUse {
  private readonly sections: readonly string[];
  /** Server ids of orders of other sections. */
  private readonly outside = new Set<string>();

  /** @param sections codes of the catalogue's sections; empty: all */
  constructor(sections: readonly string[]) {
    this.sections = sections;
  }

  /** False for what is not this laboratory's: reports made elsewhere, other sections, results without a patient or test of ours. */
  async includes(
    collection: Fetched,
    resource: AnyResource,
    there: AnyDoc,
    reader: ReplicationReader,
  ): Promise<boolean> {
    if (collection === 'reports') {
      // Of other stations: those of orders this bench knows.
      const orders = (there as unknown as DocOf<'reports'>).orderIds;
      return stationOf(resource) !== undefined && orders.length > 0;
    }
    if (collection === 'tasks') {
      // Of results this bench knows.
      const { resultId } = there as unknown as DocOf<'tasks'>;
      return (await reader.byId('results', resultId)) !== undefined;
    }
    if (collection === 'results') {
      const result = there as unknown as DocOf<'results'>;
      const ours = stationOf(resource) !== undefined;
      // Of other systems only what is final is history; what they still work on is not this bench's.
      if (result.patientId === '' || result.testCode === '') return false;
      if (!ours && (result.verdict !== 'released' || !(await isOurTest(result.testCode, reader))))
        return false;
    }
    if (await inSections(collection, there, this.sections, reader)) return true;
    if (collection === 'orders') {
      if (this.outside.size >= MOST_OUTSIDE) this.outside.clear();
      this.outside.add(resource.id ?? '');
    }
    return false;
  }

  /** True for an order that was looked at and is of another section. @param id of the server */
  isOrderOutside(id: string): boolean {
    return this.outside.has(id);
  }

  /** True for a specimen all of whose orders are of other sections. */
  isOutside(resource: AnyResource): boolean {
    const orders = requestsOf(resource).map((reference) => reference.split('/').pop() ?? '');
    return orders.length > 0 && orders.every((id) => this.outside.has(id));
  }
}
