import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import type { ApiType, Criterion } from './parameters.ts';

/** Place in the order of a search: last change (instant), then id. */
export interface Mark {
  updatedAt: string;
  id: string;
}

/** Which part of the matches is wanted: `count` after `after`. */
export interface Page {
  count: number;
  after?: Mark | undefined;
}

/** One page of matches in ascending order of last change. */
export interface Found {
  resources: AnyResource[];
  /** All matches; `undefined` when counting them would mean reading more than a request may. */
  total?: number | undefined;
  /** Where the next page starts; `undefined` after the last one. */
  next?: Mark | undefined;
}

/** Where the API takes resources from. */
export interface FhirSource {
  read(type: ApiType, id: string): Promise<AnyResource | undefined>;
  search(type: ApiType, criteria: readonly Criterion[], page: Page): Promise<Found>;
  /** What the CapabilityStatement says of this station. */
  capability(): { station: string; version: string; date: string };
}
