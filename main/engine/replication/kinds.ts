import { resourceTypes } from '../../../shared/fhir/mapping.ts';

/** Collections whose changes at the server are fetched one resource at a time. */
export type Fetched = 'patients' | 'orders' | 'specimens' | 'results' | 'reports';

/** The resource type of each of them. */
export const typeOf: Record<Fetched, string> = {
  patients: 'Patient',
  orders: 'ServiceRequest',
  specimens: 'Specimen',
  results: 'Observation',
  reports: 'DiagnosticReport',
};

/** In the order in which they refer to one another. */
export const fetchedInOrder: readonly Fetched[] = ['patients', 'orders', 'specimens', 'results', 'reports'];

/** Search parameters that narrow a type to what concerns this station, with a leading `&`; empty for all of it. */
export function filterOf(collection: Fetched): string {
  return collection === 'results' ? '&category=laboratory' : '';
}

/** Every type whose changes are followed, with its search parameters. */
export function followed(): { type: string; filter: string }[] {
  return [
    ...resourceTypes.catalog.map((type) => ({ type, filter: '' })),
    ...fetchedInOrder.map((one) => ({ type: typeOf[one], filter: filterOf(one) })),
  ];
}
