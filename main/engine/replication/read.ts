import type {
  ActivityDefinition,
  Basic,
  Device,
  DiagnosticReport,
  Observation,
  Patient,
  PlanDefinition,
  ServiceRequest,
  Specimen,
  Substance,
  Task,
} from 'fhir/r4';
import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import { catalogFromFhir, catalogMain } from '../../../shared/fhir/catalog.ts';
import type { CatalogResource } from '../../../shared/fhir/catalog-sets.ts';
import { mappings } from '../../../shared/fhir/index.ts';
import {
  type AnyResource,
  type FromContext,
  type Local,
  localOf,
  type Replicated,
  resourceTypes,
} from '../../../shared/fhir/mapping.ts';
import type { FhirClient } from './client.ts';
import { linkedOf } from './linked.ts';
import type { AnyDoc } from './port.ts';

/** The document in a resource of any collection but the catalogue, whose entries are read as sets. */
export function readResource(
  collection: Exclude<Replicated, 'catalog'>,
  resource: AnyResource,
  context: FromContext,
  local: Local,
): AnyDoc {
  switch (collection) {
    case 'patients':
      return mappings.patients.from(resource as Patient, context, local);
    case 'orders':
      return mappings.orders.from(resource as ServiceRequest, context, local);
    case 'specimens':
      return mappings.specimens.from(resource as Specimen, context, local);
    case 'results':
      return mappings.results.from(resource as Observation, context, local);
    case 'lots':
      return mappings.lots.from(resource as Substance, context, local);
    case 'settings':
      return mappings.settings.from(resource as Basic, context, local);
    case 'controls':
      return mappings.controls.from(resource as Observation, context, local);
    case 'reports':
      return mappings.reports.from(resource as DiagnosticReport, context, local);
    case 'instruments':
      return mappings.instruments.from(resource as Device, context, local);
    case 'tasks':
      return mappings.tasks.from(resource as Task, context, local);
  }
}

/** A catalogue entry as the server has it: its main definition with the others that belong to it. @throws NoAnswer */
export async function readCatalogEntry(
  client: FhirClient,
  main: AnyResource,
  here: AnyDoc,
): Promise<AnyDoc | undefined> {
  const set: CatalogResource[] = [main as CatalogResource];
  for (const [type, linked] of Object.entries(linkedOf(here))) {
    const other = await client.read(`${type}/${linked.id}`);
    if (other !== undefined) set.push(other as ActivityDefinition | PlanDefinition);
  }
  return catalogFromFhir(set, () => localOf(here))[0];
}

/** Type of the resource whose id is the document's server id. */
export function mainTypeOf(collection: Replicated, doc: AnyDoc): string {
  if (collection === 'catalog') return catalogMain[(doc as unknown as CatalogDoc).kind];
  return resourceTypes[collection][0];
}
