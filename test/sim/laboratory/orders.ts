import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { OrderDoc, Priority } from '../../../shared/documents/order.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import { testsOf } from '../../../shared/domain/tubes.ts';
import { Random } from './random.ts';
import { stored } from './stored.ts';

const requesters = [
  'Dr A. Fitzgerald',
  'Dr S. Okafor',
  'Dr M. Horváth',
  'Dr L. Byrne',
  'Dr R. Kumar',
  'Dr E. Ó Briain',
];
const notes = ['Fasting', 'On warfarin', 'Post-op day 1', 'Query sepsis', 'Chest pain since 04:00'];

/** What is ordered together, as often as it stands here. */
export const combinations: readonly string[][] = [
  ['METAB', 'FBC'],
  ['METAB', 'FBC'],
  ['METAB', 'LIVER', 'FBC'],
  ['RENAL'],
  ['RENAL', 'FBC'],
  ['LYTES'],
  ['FBC'],
  ['FBC'],
  ['LIVER', 'COAG'],
  ['COAG'],
  ['CARDIAC', 'METAB', 'FBC', 'COAG'],
  ['THYROID'],
  ['THYROID', 'LIVER', 'FBC'],
  ['FBC', 'CRP'],
];

/** A code of the catalogue as ordered. @throws Error when the catalogue has none or it is not in use. */
export function ordered(
  code: string,
  catalog: readonly CatalogDoc[],
): { code: string; name: string; testCodes: string[] } {
  const testCodes = testsOf(code, catalog);
  const entry = catalog.find((one) => one.code === code && (one.kind === 'panel' || one.kind === 'test'));
  if (testCodes === null || entry === undefined) throw new Error(`the catalogue has no ${code}`);
  return { code, name: entry.name, testCodes };
}

/** Number of a requisition: `REQ-` and eight digits. */
export function requisitionNumber(n: number): string {
  return `REQ-${String(n).padStart(8, '0')}`;
}

export interface MorningInput {
  seed: string;
  /** `YYYY-MM-DD`. */
  day: string;
  patients: readonly PatientDoc[];
  catalog: readonly CatalogDoc[];
  /** Requisitions. Default 60, each for another patient while there are enough. */
  count?: number;
  /** Number of the first requisition. Default 88120401. */
  first?: number;
}

/**
 * A morning's orders, active, as they come from the central server: authored from 05:00 to 09:00 UTC, several panels per requisition, one
 * order document per panel or test. About one in eight is STAT. Newborns get what one tube of a newborn can give: METAB or FBC.
 */
export function morningOrders(input: MorningInput): OrderDoc[] {
  const { seed, day, catalog, count = 60, first = 88_120_401 } = input;
  const random = new Random(`${seed}/orders/${day}`);
  const start = Date.parse(`${day}T05:00:00.000Z`);
  const minutes = Array.from({ length: count }, () => random.int(0, 4 * 60 * 60 - 1)).sort((a, b) => a - b);
  const queue = [...input.patients];
  for (let i = queue.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [queue[i], queue[j]] = [queue[j] as PatientDoc, queue[i] as PatientDoc];
  }
  return minutes.flatMap((second, i) => {
    const patient = queue[i % queue.length];
    if (patient === undefined) return [];
    const newborn = patient.ward === 'Neonatal unit';
    const codes = newborn ? [random.pick(['METAB', 'FBC'])] : random.pick(combinations);
    const urgent = random.next();
    const priority: Priority = urgent < 0.13 ? 'stat' : urgent < 0.22 ? 'urgent' : 'routine';
    const at = new Date(start + second * 1000).toISOString();
    const common = {
      requisition: requisitionNumber(first + i),
      patientId: patient.id,
      priority,
      status: 'active' as const,
      authoredOn: at,
      requester: random.pick(requesters),
      ward: patient.ward,
      note: random.chance(0.15) ? random.pick(notes) : '',
      origin: 'server' as const,
    };
    return codes.map((code) => {
      const { name, testCodes } = ordered(code, catalog);
      return {
        ...stored(random.uuid(), at),
        ...common,
        catalogCode: code,
        display: name,
        testCodes,
      };
    });
  });
}
