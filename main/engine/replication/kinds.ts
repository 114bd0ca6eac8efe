import { resourceTypes } from '../../../shared/fhir/mapping.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { CALL_CODE } from './call-rules.ts';

/** Collections whose changes at the server are fetched one resource at a time. Of the tasks these are the calls of critical values. */
export type Fetched = 'patients' | 'orders' | 'specimens' | 'results' | 'tasks' | 'reports';

/** The resource type of each of them. */
export const typeOf: Record<Fetched, string> = {
  patients: 'Patient',
  orders: 'ServiceRequest',
  specimens: 'Specimen',
  results: 'Observation',
  tasks: 'Task',
  reports: 'DiagnosticReport',
};

/** In the order in which they refer to one another. */
export const fetchedInOrder: readonly Fetched[] = [
  'patients',
  'orders',
  'specimens',
  'results',
  'tasks',
  'reports',
];

/** Search parameters that narrow a type to what concerns this station, with a leading `&`; empty for all of it. */
export function filterOf(collection: Fetched): string {
  if (collection === 'results') return '&category=laboratory';
  return collection === 'tasks' ? `&code=${encodeURIComponent(`${SYSTEM.taskKind}|${CALL_CODE}`)}` : '';
}

/** Every type whose changes are followed, with its search parameters. */
export function followed(): { type: string; filter: string }[] {
  return [
    ...resourceTypes.catalog.map((type) => ({ type, filter: '' })),
    ...fetchedInOrder.map((one) => ({ type: typeOf[one], filter: filterOf(one) })),
  ];
}
