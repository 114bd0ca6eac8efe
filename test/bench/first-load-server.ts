import type { Observation, Patient, ServiceRequest, Specimen } from 'fhir/r4';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer } from '../sim/fhir/server.ts';
import { laboratory, resourcesFrom } from '../sim/laboratory/index.ts';

/** Of a hundred resources: patients, orders, specimens; the rest are results. */
const SHARES = { patients: 15, orders: 25, specimens: 25 } as const;
const LOADED_AT_ONCE = 2_000;
const LABORATORY_CODE = 'http://terminology.hl7.org/CodeSystem/observation-category';

/** Patient `n` as an admission system writes one: with much this station does not model. */
function patientOf(n: number): Patient {
  return {
    resourceType: 'Patient',
    id: `00000000-0000-4000-a000-${String(n).padStart(12, '0')}`,
    meta: { source: 'urn:adt', tag: [{ system: 'urn:hospital', code: 'inpatient' }] },
    identifier: [
      {
        use: 'usual',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
        system: 'urn:mrn',
        value: `M${n}`,
      },
      { use: 'secondary', system: 'urn:insurance', value: `V-${n * 7}` },
    ],
    name: [{ use: 'official', family: `Τσαντίλη ${n}`, given: ['Ελένη', 'Μαρία'], prefix: ['Ms'] }],
    telecom: [{ system: 'phone', value: `+353 1 ${n}`, use: 'home' }],
    gender: n % 2 === 0 ? 'female' : 'male',
    birthDate: `19${String(30 + (n % 70))}-04-12`,
    address: [{ line: [`${n} Mill Street`], city: 'Dublin', postalCode: 'D08' }],
  };
}

function orderOf(n: number, patient: Patient, code: string): ServiceRequest {
  return {
    resourceType: 'ServiceRequest',
    id: `10000000-0000-4000-a000-${String(n).padStart(12, '0')}`,
    identifier: [{ system: 'urn:placer', value: `P-${n}` }],
    requisition: { system: 'urn:requisition', value: `REQ-${n}` },
    status: n % 50 === 0 ? 'active' : 'completed',
    intent: 'order',
    priority: n % 9 === 0 ? 'stat' : 'routine',
    code: { coding: [{ system: 'urn:hospital:orderable', code }], text: `Order of ${code}` },
    subject: { reference: `Patient/${patient.id}`, display: patient.name?.[0]?.family ?? '' },
    authoredOn: '2026-07-29T08:00:00+02:00',
    requester: { display: 'Dr A. Brannigan' },
    insurance: [{ display: 'statutory' }],
  };
}

function specimenOf(n: number, order: ServiceRequest): Specimen {
  return {
    resourceType: 'Specimen',
    id: `20000000-0000-4000-a000-${String(n).padStart(12, '0')}`,
    accessionIdentifier: { system: 'urn:ward', value: `W${n}` },
    status: 'available',
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0487', code: 'SER' }],
      text: 'Serum',
    },
    subject: order.subject,
    request: [{ reference: `ServiceRequest/${order.id}` }],
    receivedTime: '2026-07-29T06:45:00.000Z',
    collection: { collectedDateTime: '2026-07-29T06:10:00.000Z', bodySite: { text: 'left arm' } },
  };
}

function resultOf(n: number, order: ServiceRequest, loinc: string, name: string): Observation {
  return {
    resourceType: 'Observation',
    id: `30000000-0000-4000-a000-${String(n).padStart(12, '0')}`,
    identifier: [{ system: 'urn:lis', value: `R-${n}` }],
    status: 'final',
    category: [{ coding: [{ system: LABORATORY_CODE, code: 'laboratory' }] }],
    code: { coding: [{ system: 'http://loinc.org', code: loinc }], text: name },
    subject: order.subject,
    basedOn: [{ reference: `ServiceRequest/${order.id}` }],
    effectiveDateTime: '2026-07-29T06:10:00.000Z',
    issued: '2026-07-29T07:30:00.000Z',
    performer: [{ display: 'Central laboratory' }],
    valueQuantity: {
      value: 4 + (n % 30) / 10,
      unit: 'mmol/L',
      system: 'http://unitsofmeasure.org',
      code: 'mmol/L',
    },
    interpretation: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }],
      },
    ],
    referenceRange: [{ low: { value: 3.5, unit: 'mmol/L' }, high: { value: 5.8, unit: 'mmol/L' } }],
  };
}

/** The catalogue, and so many patients, orders, specimens and results of a hospital. */
function* content(total: number): Generator<Resource> {
  const { catalog } = laboratory({ day: '2026-07-29' });
  yield* resourcesFrom({ catalog });
  const tests = catalog.filter((entry) => entry.kind === 'test' && entry.loinc !== '');
  const count = (share: number) => Math.round((total * share) / 100);
  const patients = Array.from({ length: count(SHARES.patients) }, (_, n) => patientOf(n));
  yield* patients as unknown as Resource[];
  const orders: ServiceRequest[] = [];
  for (let n = 0; n < count(SHARES.orders); n += 1) {
    const patient = patients[n % patients.length];
    const test = tests[n % tests.length];
    if (patient === undefined || test === undefined) throw new Error('too few resources asked for');
    orders.push(orderOf(n, patient, test.code));
  }
  yield* orders as unknown as Resource[];
  const specimens = count(SHARES.specimens);
  for (let n = 0; n < specimens; n += 1) {
    const order = orders[n % orders.length];
    if (order !== undefined) yield specimenOf(n, order) as unknown as Resource;
  }
  for (let n = 0; n < total - patients.length - orders.length - specimens; n += 1) {
    const order = orders[n % orders.length];
    const test = tests[n % tests.length];
    if (order !== undefined && test !== undefined)
      yield resultOf(n, order, test.loinc, test.name) as unknown as Resource;
  }
}

/** Runs a central server with so many resources besides the catalogue; says where on standard output, and ends with its input. */
async function main(total: number): Promise<void> {
  const server = await createFhirServer({ adminPort: 0 });
  let waiting: Resource[] = [];
  for (const resource of content(total)) {
    waiting.push(resource);
    if (waiting.length < LOADED_AT_ONCE) continue;
    server.control.load(waiting);
    waiting = [];
  }
  server.control.load(waiting);
  const { resources } = server.stats();
  process.stdout.write(`${JSON.stringify({ url: server.url, adminUrl: server.adminUrl, resources })}\n`);
  process.stdin.once('close', () => void server.stop()).resume();
}

await main(Number(process.argv[2]));
