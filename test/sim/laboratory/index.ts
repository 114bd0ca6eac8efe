import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { Resource } from '../fhir/resource.ts';
import { catalog } from './catalog.ts';
import { resourcesFrom } from './fhir.ts';
import { history, type PastRequisition } from './history.ts';
import { morningOrders } from './orders.ts';
import { patients } from './patients.ts';

export { resourcesFrom } from './fhir.ts';
export { type HistoryInput, history, type PastRequisition } from './history.ts';
export { Random } from './random.ts';
export { staff } from './staff.ts';
export { type AnalyserId, analysers, LABORATORY, type StationPorts, stationFile } from './station.ts';
export { Patients } from './values.ts';

/** Seed of the demo when none is given. */
export const DEMO_SEED = 'st-brigid';

export interface LaboratoryInput {
  /** Any text. Default {@link DEMO_SEED}. */
  seed?: string;
  /** "Today" of the laboratory, `YYYY-MM-DD`. */
  day: string;
  /** Patients. Default 200. */
  patients?: number;
  /** Requisitions of the morning. Default 60. */
  requisitions?: number;
}

export interface Laboratory {
  seed: string;
  day: string;
  catalog: CatalogDoc[];
  patients: PatientDoc[];
  /** The morning's orders, active. */
  orders: OrderDoc[];
  /** Catalogue, patients and orders as FHIR R4 resources for the central server. */
  resources(): Resource[];
  /** A year of history, so many result documents, as a stream. */
  history(results: number, days?: number): Generator<PastRequisition>;
}

/** St Brigid's Hospital Laboratory: invented, pure, the same for the same input. */
export function laboratory(input: LaboratoryInput): Laboratory {
  const { seed = DEMO_SEED, day } = input;
  const entries = catalog(new Date(Date.parse(`${day}T00:00:00.000Z`) - 366 * 86_400_000).toISOString());
  const people = patients(seed, day, input.patients ?? 200);
  const orders = morningOrders({
    seed,
    day,
    patients: people,
    catalog: entries,
    count: input.requisitions ?? 60,
  });
  return {
    seed,
    day,
    catalog: entries,
    patients: people,
    orders,
    resources: () => resourcesFrom({ catalog: entries, patients: people, orders }),
    history: (results, days = 365) =>
      history({ seed, patients: people, catalog: entries, results, endDay: day, days }),
  };
}
