import type {
  CodeableConcept,
  Element,
  Extension,
  Identifier,
  Meta,
  Observation,
  Patient,
  ServiceRequest,
  Specimen,
} from 'fhir/r4';
import type { Random } from '../../shared/fhir/random.ts';

/** Resources as hospitals have them: everything FHIR allows beside what a workstation needs, in random choice. */

const NHS = 'https://fhir.example.org/StructureDefinition/';

function extension(random: Random): Extension {
  const url = `${NHS}${random.of(['ethnicity', 'tribe', 'consent', 'nationality'])}`;
  switch (random.int(5)) {
    case 0:
      return { url, valueString: random.of(['α', 'yes <b>', 'a|b^c']) };
    case 1:
      return { url, valueDecimal: random.of([5.4, 0.001, 12_345.678, -3.5]) };
    case 2:
      return { url, valueCodeableConcept: concept(random) };
    case 3:
      return { url, valueBoolean: random.chance(0.5) };
    default:
      return {
        url,
        extension: [
          { url: 'from', valueDate: '2024-02' },
          { url: 'code', valueCode: random.of(['a', 'b']) },
        ],
      };
  }
}

function extensions(random: Random): { extension?: Extension[] } {
  return random.chance(0.5) ? { extension: [extension(random), extension(random)] } : {};
}

function concept(random: Random): CodeableConcept {
  return {
    coding: [
      { system: 'http://snomed.info/sct', code: String(100_000 + random.int(900_000)), display: 'a concept' },
      ...(random.chance(0.5)
        ? [{ system: 'urn:local', version: '3', code: `L${random.int(99)}`, userSelected: true }]
        : []),
    ],
    ...(random.chance(0.5) ? { text: random.of(['free text', 'текст', 'two  blanks']) } : {}),
  };
}

function meta(random: Random): Meta {
  return {
    ...(random.chance(0.6) ? { source: 'urn:uuid:9c0f7cde-0000-4000-8000-000000000001' } : {}),
    ...(random.chance(0.5) ? { profile: [`${NHS}some-profile|1.2`] } : {}),
    ...(random.chance(0.6)
      ? {
          security: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
              code: 'R',
              display: 'restricted',
            },
          ],
        }
      : {}),
    ...(random.chance(0.6)
      ? { tag: [{ system: 'urn:hospital', code: 'inpatient', display: 'Inpatient' }] }
      : {}),
  };
}

function common(random: Random) {
  return {
    meta: meta(random),
    ...(random.chance(0.3) ? { implicitRules: 'urn:rules:1' } : {}),
    ...(random.chance(0.5) ? { language: 'el' } : {}),
    ...(random.chance(0.5)
      ? {
          text: {
            status: 'generated' as const,
            div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div>',
          },
        }
      : {}),
    ...extensions(random),
    ...(random.chance(0.3) ? { modifierExtension: [{ url: `${NHS}modifier`, valueBoolean: false }] } : {}),
  };
}

function identifiers(random: Random, n: number): Identifier[] {
  return [
    {
      use: 'official',
      type: { text: 'Placer' },
      system: 'urn:placer',
      value: `P-${n}`,
      period: { start: '2020' },
    },
    ...(random.chance(0.5)
      ? [
          {
            system: 'urn:other',
            value: `O-${n}`,
            assigner: { display: 'another house' },
            ...extensions(random),
          },
        ]
      : []),
  ];
}

/** An organisation inside the resource; `id` is how it is referred to. */
function contained(id: string): { contained: [{ resourceType: 'Organization'; id: string; name: string }] } {
  return { contained: [{ resourceType: 'Organization', id, name: 'Contained clinic' }] };
}

/** Patient `n`; with an extension on a primitive element, contained resources and everything an admission system knows. */
export function foreignPatient(random: Random, n: number): Patient & { _birthDate?: Element } {
  const inside = random.chance(0.4);
  return {
    resourceType: 'Patient',
    id: `pat-${n}`,
    ...common(random),
    ...(inside ? { ...contained('clinic'), managingOrganization: { reference: '#clinic' } } : {}),
    identifier: [
      {
        use: 'usual',
        type: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }],
          text: 'record',
        },
        system: 'urn:mrn',
        value: `M-${n}`,
        assigner: { display: 'the hospital' },
      },
      ...identifiers(random, n),
    ],
    active: true,
    name: [
      {
        use: 'official',
        family: random.of(['ŞAHİN', 'Παπαδοπούλου', 'O’Brien-Smith', '田中']),
        given: random.of([['Ayşe'], ['Eleni', 'Maria'], ['J.', 'R.', 'R.']]),
        prefix: ['Dr'],
        suffix: ['MD'],
        period: { start: '1999-01-01' },
        ...extensions(random),
      },
      ...(random.chance(0.5) ? [{ use: 'maiden' as const, family: 'Earlier' }] : []),
    ],
    telecom: [{ system: 'phone', value: '+30 210 1', use: 'mobile', rank: 1 }],
    gender: random.of(['female', 'male', 'other', 'unknown']),
    birthDate: random.of(['1988-04-21', '1956', '1970-11']),
    ...(random.chance(0.5)
      ? {
          _birthDate: {
            extension: [
              {
                url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
                valueDateTime: '1988-04-21T03:04:05+02:00',
              },
            ],
          },
        }
      : {}),
    ...(random.chance(0.3) ? { deceasedBoolean: false } : {}),
    address: [{ use: 'home', line: ['1 Mill Street', 'Flat 2'], city: 'Dublin', period: { end: '2030' } }],
    maritalStatus: concept(random),
    ...(random.chance(0.4) ? { multipleBirthInteger: 2 } : {}),
    contact: [{ relationship: [concept(random)], name: { text: 'A friend' } }],
    communication: [{ language: concept(random), preferred: true }],
    generalPractitioner: [{ reference: 'Practitioner/unknown-1', display: 'Dr Who' }],
    ...(random.chance(0.3)
      ? { link: [{ other: { reference: 'Patient/not-here' }, type: 'seealso' as const }] }
      : {}),
  };
}

/** Order `n` of patient `n`. */
export function foreignOrder(random: Random, n: number): ServiceRequest {
  return {
    resourceType: 'ServiceRequest',
    id: `ord-${n}`,
    ...common(random),
    identifier: identifiers(random, n),
    ...(random.chance(0.5) ? { instantiatesUri: ['urn:protocol:7'] } : {}),
    ...(random.chance(0.5) ? { basedOn: [{ reference: 'CarePlan/cp-1', display: 'the plan' }] } : {}),
    requisition: { system: 'urn:requisition', value: `REQ-${n}`, period: { start: '2026-07-29' } },
    status: 'active',
    intent: random.of(['order', 'original-order', 'filler-order']),
    category: [concept(random)],
    priority: random.of(['routine', 'urgent', 'asap', 'stat']),
    doNotPerform: false,
    code: concept(random),
    ...(random.chance(0.4)
      ? { orderDetail: [concept(random)], quantityQuantity: { value: 2.25, unit: 'tubes' } }
      : {}),
    subject: {
      reference: `Patient/pat-${n}`,
      display: 'A. B.',
      identifier: { system: 'urn:mrn', value: `M-${n}` },
    },
    encounter: { reference: 'Encounter/enc-1' },
    ...(random.chance(0.5) ? { occurrencePeriod: { start: '2026-07-29T08:00:00+02:00' } } : {}),
    authoredOn: random.of(['2026-07-29T08:00:00+02:00', '2026-07-29', '2026-07-29T06:00:00.123Z']),
    requester: { reference: 'Practitioner/unknown-1', display: 'Dr A. Brannigan' },
    performer: [{ reference: 'Organization/lab', display: 'the laboratory' }],
    locationCode: [concept(random), concept(random)],
    reasonCode: [concept(random)],
    insurance: [{ display: 'statutory' }],
    supportingInfo: [{ reference: 'Observation/elsewhere' }],
    note: [{ text: 'please call', time: '2026-07-29T08:00:00+02:00', authorString: 'Ward' }],
    patientInstruction: 'fasting',
  };
}

/** Specimen `n` of order `n`. */
export function foreignSpecimen(random: Random, n: number): Specimen {
  return {
    resourceType: 'Specimen',
    id: `spe-${n}`,
    ...common(random),
    identifier: identifiers(random, n),
    accessionIdentifier: { system: 'urn:ward', value: `W-${n}`, assigner: { display: 'ward' } },
    status: 'available',
    type: concept(random),
    subject: { reference: `Patient/pat-${n}`, display: 'A. B.' },
    ...(random.chance(0.5) ? { receivedTime: '2026-07-29T08:30:00+02:00' } : {}),
    parent: [{ reference: 'Specimen/not-here' }],
    request: [{ reference: `ServiceRequest/ord-${n}`, display: 'the order' }],
    collection: {
      ...extensions(random),
      collector: { reference: 'Practitioner/nurse', display: 'Nurse N.' },
      collectedDateTime: '2026-07-29T08:10:00+02:00',
      quantity: { value: 4.5, unit: 'mL', system: 'http://unitsofmeasure.org', code: 'mL' },
      method: concept(random),
      bodySite: concept(random),
    },
    processing: [{ description: 'spun', procedure: concept(random), timeDateTime: '2026-07-29' }],
    container: [
      {
        identifier: [{ value: `C-${n}` }],
        description: 'gold top',
        capacity: { value: 5, unit: 'mL' },
        ...extensions(random),
      },
      ...(random.chance(0.3) ? [{ description: 'second container' }] : []),
    ],
    note: [{ text: 'difficult draw' }],
  };
}

/** Result `n` of order `n`, final, of a test known by LOINC. */
export function foreignResult(random: Random, n: number, loinc: string): Observation {
  const inside = random.chance(0.3);
  return {
    resourceType: 'Observation',
    id: `obs-${n}`,
    ...common(random),
    ...(inside ? contained('maker') : {}),
    identifier: identifiers(random, n),
    basedOn: [{ reference: `ServiceRequest/ord-${n}`, display: 'the order' }],
    partOf: [{ reference: 'Procedure/p-1' }],
    status: random.of(['final', 'corrected', 'amended']),
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'laboratory',
            display: 'Laboratory',
          },
        ],
      },
      concept(random),
    ],
    code: {
      coding: [
        { system: 'http://loinc.org', code: loinc, display: 'Glucose' },
        ...(concept(random).coding ?? []),
      ],
    },
    subject: { reference: `Patient/pat-${n}` },
    encounter: { reference: 'Encounter/enc-1' },
    effectiveDateTime: '2026-07-29T08:10:00+02:00',
    issued: '2026-07-29T09:30:00.250+02:00',
    performer: [{ reference: inside ? '#maker' : 'Organization/other-lab', display: 'Other laboratory' }],
    valueQuantity: {
      value: random.of([5.4, 0.05, 140, 12.25]),
      ...(random.chance(0.3) ? { comparator: '<' as const } : {}),
      unit: random.of(['mmol/L', 'mmol per litre']),
      system: 'http://unitsofmeasure.org',
      code: 'mmol/L',
    },
    interpretation: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
            code: random.of(['N', 'H', 'HU', 'POS']),
          },
        ],
        text: 'as read',
      },
    ],
    note: [{ text: 'haemolysed', time: '2026-07-29' }],
    bodySite: concept(random),
    method: concept(random),
    specimen: { reference: `Specimen/spe-${n}`, display: 'tube' },
    device: { reference: 'Device/not-here', display: 'Analyser 9' },
    referenceRange: [
      {
        low: { value: 3.5, unit: 'mmol/L' },
        high: { value: 5.8, unit: 'mmol/L' },
        type: concept(random),
        appliesTo: [concept(random)],
        age: { low: { value: 18, unit: 'a' } },
      },
      ...(random.chance(0.5) ? [{ text: 'pregnant: below 5.1' }] : []),
    ],
    hasMember: [{ reference: 'Observation/elsewhere' }],
    component: [{ code: concept(random), valueString: 'part' }],
  };
}
