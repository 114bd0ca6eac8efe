import type { Resource } from './resource.ts';

/** Canonical base of the demo catalogue. */
const BASE = 'https://levey.dev/fhir';
const CODES = 'urn:levey:catalog';
const SPECIMEN_TYPES = 'urn:levey:specimen-type';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const CONTEXT = 'http://terminology.hl7.org/CodeSystem/usage-context-type';

interface Specimen {
  code: string;
  display: string;
  cap: string;
  volume: number;
}

/** Specimen types: v2-0487 codes, cap colour and minimum volume in mL. */
const SPECIMENS: Record<string, Specimen> = {
  edta: { code: 'WB', display: 'Whole blood (EDTA)', cap: 'lavender', volume: 2 },
  serum: { code: 'SER', display: 'Serum', cap: 'gold', volume: 3.5 },
  citrate: { code: 'PLAS', display: 'Citrated plasma', cap: 'light-blue', volume: 2.7 },
};

/** A panel: `code|name|LOINC|specimen`, then its tests: `code|name|LOINC|unit|decimals|low-high|female low-high|critical low,high`. */
const PANELS: [string, string[]][] = [
  [
    'CBC|Complete blood count|58410-2|edta',
    [
      'WBC|Leukocytes|6690-2|10*3/uL|1|4.0-10.0||1.0,50.0',
      'RBC|Erythrocytes|789-8|10*6/uL|2|4.50-5.90|4.10-5.10|',
      'HGB|Hemoglobin|718-7|g/dL|1|13.5-17.5|12.0-15.5|7.0,20.0',
      'HCT|Hematocrit|4544-3|%|1|41.0-53.0|36.0-46.0|20.0,60.0',
      'MCV|Mean cell volume|787-2|fL|1|80.0-96.0||',
      'PLT|Platelets|777-3|10*3/uL|0|150-400||20,1000',
    ],
  ],
  [
    'BMP|Basic metabolic panel|24321-2|serum',
    [
      'NA|Sodium|2951-2|mmol/L|0|136-145||120,160',
      'K|Potassium|2823-3|mmol/L|1|3.5-5.1||2.5,6.5',
      'CL|Chloride|2075-0|mmol/L|0|98-107||',
      'CO2|Carbon dioxide|2028-9|mmol/L|0|22-29||10,40',
      'GLU|Glucose|2345-7|mg/dL|0|70-99||40,500',
      'BUN|Urea nitrogen|3094-0|mg/dL|0|6-20||,100',
      'CREA|Creatinine|2160-0|mg/dL|2|0.70-1.20|0.50-0.90|,10.00',
      'CA|Calcium|17861-6|mg/dL|1|8.6-10.2||6.0,13.0',
    ],
  ],
  [
    'LFT|Liver function|24325-3|serum',
    [
      'ALT|Alanine aminotransferase|1742-6|U/L|0|10-50|10-35|',
      'AST|Aspartate aminotransferase|1920-8|U/L|0|10-50|10-35|',
      'ALP|Alkaline phosphatase|6768-6|U/L|0|40-130|35-105|',
      'TBIL|Bilirubin, total|1975-2|mg/dL|1|0.2-1.2||,15.0',
      'ALB|Albumin|1751-7|g/dL|1|3.5-5.2||',
    ],
  ],
  [
    'LIPID|Lipid panel|24331-1|serum',
    [
      'CHOL|Cholesterol|2093-3|mg/dL|0|0-200||',
      'TRIG|Triglycerides|2571-8|mg/dL|0|0-150||',
      'HDL|HDL cholesterol|2085-9|mg/dL|0|40-90|50-90|',
      'LDL|LDL cholesterol, calculated|13457-7|mg/dL|0|0-130||',
    ],
  ],
  [
    'COAG|Coagulation|34528-0|citrate',
    [
      'PT|Prothrombin time|5902-2|s|1|11.0-13.5||,40.0',
      'INR|INR|6301-6|{INR}|1|0.8-1.2||,5.0',
      'APTT|Activated partial thromboplastin time|14979-9|s|1|25.0-37.0||,100.0',
    ],
  ],
  [
    'THY|Thyroid||serum',
    ['TSH|Thyrotropin|3016-3|m[IU]/L|2|0.40-4.00||', 'FT4|Thyroxine, free|3024-7|ng/dL|2|0.90-1.70||'],
  ],
  ['IRON|Iron stores||serum', ['FERR|Ferritin|2276-4|ng/mL|0|30-400|13-150|']],
  ['INFL|Inflammation||serum', ['CRP|C-reactive protein|1988-5|mg/L|1|0.0-5.0||']],
];

/**
 * The demo catalogue as FHIR: 8 panels and their 30 tests as PlanDefinition (useContext task LABOE) -> ActivityDefinition
 * -> ObservationDefinition and SpecimenDefinition. Ids are readable and stay the same.
 */
export function catalogueResources(): Resource[] {
  const specimens = Object.entries(SPECIMENS).map(([key, specimen]) => specimenDefinition(key, specimen));
  return [...specimens, ...PANELS.flatMap(([head, tests]) => panelResources(head, tests))];
}

function panelResources(head: string, tests: string[]): Resource[] {
  const [code = '', name = '', loinc = '', specimen = ''] = head.split('|');
  const definitions = tests.map((test) => observationDefinition(test));
  const orderables = tests.flatMap((test, at) => {
    const [testCode = '', testName = '', testLoinc = ''] = test.split('|');
    return orderable(testCode, testName, testLoinc, specimen, [definitions[at]?.id ?? '']);
  });
  const ids = definitions.map((definition) => definition.id ?? '');
  return [...definitions, ...orderables, ...orderable(code, name, loinc, specimen, ids)];
}

/** A PlanDefinition that can be ordered and the ActivityDefinition that says what to do. */
function orderable(
  code: string,
  name: string,
  loinc: string,
  specimen: string,
  observations: string[],
): Resource[] {
  const key = code.toLowerCase();
  const common = { version: '1', status: 'active', title: name, date: '2026-01-01' };
  const useContext = [
    {
      code: { system: CONTEXT, code: 'task' },
      valueCodeableConcept: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
            code: 'LABOE',
            display: 'laboratory test order entry task',
          },
        ],
      },
    },
  ];
  const activity: Resource = {
    resourceType: 'ActivityDefinition',
    id: `act-${key}`,
    url: `${BASE}/ActivityDefinition/${key}`,
    identifier: [{ system: CODES, value: code }],
    name: `Activity${code}`,
    ...common,
    kind: 'ServiceRequest',
    code: concept(code, name, loinc),
    specimenRequirement: [{ reference: `SpecimenDefinition/spec-${specimen}` }],
    observationResultRequirement: observations.map((id) => ({ reference: `ObservationDefinition/${id}` })),
  };
  const plan: Resource = {
    resourceType: 'PlanDefinition',
    id: `plan-${key}`,
    url: `${BASE}/PlanDefinition/${key}`,
    identifier: [{ system: CODES, value: code }],
    name: `Order${code}`,
    ...common,
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/plan-definition-type', code: 'order-set' }],
    },
    useContext,
    action: [
      {
        title: name,
        code: [concept(code, name, loinc)],
        definitionCanonical: `${BASE}/ActivityDefinition/${key}|1`,
      },
    ],
  };
  return [activity, plan];
}

function observationDefinition(test: string): Resource {
  const [code = '', name = '', loinc = '', unit = '', decimals = '', range = '', female = '', critical = ''] =
    test.split('|');
  const reference = (text: string, gender?: string): Record<string, unknown> => {
    const [low, high] = text.split('-');
    const interval = { low: quantity(low, unit), high: quantity(high, unit) };
    return { category: 'reference', range: interval, ...(gender === undefined ? {} : { gender }) };
  };
  const ranges = female === '' ? [reference(range)] : [reference(range, 'male'), reference(female, 'female')];
  const [low = '', high = ''] = critical.split(',');
  if (low !== '')
    ranges.push({ category: 'critical', range: { high: quantity(low, unit) }, condition: 'critical low' });
  if (high !== '')
    ranges.push({ category: 'critical', range: { low: quantity(high, unit) }, condition: 'critical high' });
  return {
    resourceType: 'ObservationDefinition',
    id: `obs-${code.toLowerCase()}`,
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
        ],
      },
    ],
    code: concept(code, name, loinc),
    identifier: [{ system: CODES, value: code }],
    permittedDataType: ['Quantity'],
    preferredReportName: name,
    quantitativeDetails: {
      unit: { coding: [{ system: UCUM, code: unit }] },
      decimalPrecision: Number(decimals),
    },
    qualifiedInterval: ranges,
  };
}

function specimenDefinition(key: string, specimen: Specimen): Resource {
  return {
    resourceType: 'SpecimenDefinition',
    id: `spec-${key}`,
    identifier: { system: SPECIMEN_TYPES, value: key },
    typeCollected: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v2-0487',
          code: specimen.code,
          display: specimen.display,
        },
      ],
    },
    typeTested: [
      {
        preference: 'preferred',
        container: {
          cap: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/container-cap', code: specimen.cap }],
          },
          minimumVolumeQuantity: { value: specimen.volume, unit: 'mL', system: UCUM, code: 'mL' },
        },
      },
    ],
  };
}

function concept(code: string, name: string, loinc: string): Record<string, unknown> {
  const own = { system: CODES, code, display: name };
  return { coding: loinc === '' ? [own] : [{ system: LOINC, code: loinc, display: name }, own], text: name };
}

function quantity(text: string | undefined, unit: string): Record<string, unknown> {
  return { value: Number(text), unit, system: UCUM, code: unit };
}
