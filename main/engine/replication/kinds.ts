import type { AnyResource } from '../../../shared/fhir/mapping.ts';
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

/** Something whose changes at the server are followed: the resources of one type, or some of them. */
export interface Followed {
  /** What its mark is kept under: the type, where that is followed in one way only. */
  name: string;
  /** As people are told of it. */
  what: string;
  type: string;
  /** Search parameters that narrow the type, with a leading `&`; empty for all of it. */
  filter: string;
  /** How far back it is fetched at first, as the server would stamp it; empty for the beginning. */
  bottom: () => string;
}

/** Resources that another part of the engine takes over, followed as replication follows its own. */
export interface Beside extends Omit<Followed, 'bottom'> {
  /** How far back it is fetched at first, days. */
  days: number;
  /**
   * Takes a page, oldest first; the same page may come again. What cannot be used is passed over and said. @returns records written
   * @throws NoAnswer, NotAuthorised
   */
  take: (resources: readonly AnyResource[], say: (text: string) => void) => Promise<number>;
}
