import type { DeltaRule, RangeRule } from '../../../shared/documents/catalog.ts';

/** Days of a mean year; limits of age groups in years fall on the birthday. */
const Y = 365.25;
const M1 = 28;
const END = 120 * Y;

/** One line of the demo catalogue. */
export interface TestLine {
  code: string;
  name: string;
  loinc: string;
  unit: string;
  decimals: number;
  section: 'chemistry' | 'haematology' | 'coagulation';
  specimenType: 'SER' | 'EDTA' | 'CIT';
  ranges: RangeRule[];
  plausible: [number, number];
  delta: DeltaRule | null;
  autoverify: boolean;
}

type Bounds = [low: number | null, high: number | null];
/** Sex, age from and to in days, reference limits, critical limits. */
type Group = [sex: RangeRule['sex'], from: number, to: number, reference: Bounds, critical?: Bounds];

function rules(specimenType: string, groups: Group[], critical: Bounds = [null, null]): RangeRule[] {
  return groups.map(([sex, ageLowDays, ageHighDays, [low, high], own = critical]) => ({
    sex,
    ageLowDays,
    ageHighDays,
    specimenType,
    ...(low === null ? {} : { low }),
    ...(high === null ? {} : { high }),
    ...(own[0] === null ? {} : { criticalLow: own[0] }),
    ...(own[1] === null ? {} : { criticalHigh: own[1] }),
  }));
}

const absolute = (limit: number, windowHours: number): DeltaRule => ({
  kind: 'absolute',
  limit,
  windowHours,
});
const percent = (limit: number, windowHours: number): DeltaRule => ({ kind: 'percent', limit, windowHours });
const rate = (limit: number, windowHours: number): DeltaRule => ({ kind: 'rate', limit, windowHours });

interface Line {
  groups: Group[];
  critical?: Bounds;
  plausible: [number, number];
  delta?: DeltaRule;
  autoverify?: boolean;
}

const section =
  (name: TestLine['section'], specimenType: TestLine['specimenType']) =>
  (code: string, title: string, loinc: string, unit: string, decimals: number, line: Line): TestLine => ({
    code,
    name: title,
    loinc,
    unit,
    decimals,
    section: name,
    specimenType,
    ranges: rules(specimenType, line.groups, line.critical),
    plausible: line.plausible,
    delta: line.delta ?? null,
    autoverify: line.autoverify ?? true,
  });

const chemistry = section('chemistry', 'SER');
const haematology = section('haematology', 'EDTA');
const coagulation = section('coagulation', 'CIT');

/**
 * The 30 tests, in report order, in SI units. The limits are of the size that textbooks give for adults and children; they belong to this invented
 * laboratory alone and are not for the care of anybody. Troponin has none for children: "no range" is a case that has to be seen.
 */
export const testLines: readonly TestLine[] = [
  chemistry('NA', 'Sodium', '2951-2', 'mmol/L', 0, {
    groups: [
      ['any', 0, M1, [133, 146]],
      ['any', M1, END, [136, 145]],
    ],
    critical: [120, 160],
    plausible: [90, 200],
    delta: absolute(8, 24),
  }),
  chemistry('K', 'Potassium', '2823-3', 'mmol/L', 1, {
    groups: [
      ['any', 0, M1, [3.7, 6], [2.8, 7]],
      ['any', M1, Y, [4.1, 5.3]],
      ['any', Y, END, [3.5, 5.1]],
    ],
    critical: [2.8, 6.2],
    plausible: [1, 12],
    delta: absolute(1, 24),
  }),
  chemistry('CL', 'Chloride', '2075-0', 'mmol/L', 0, {
    groups: [['any', 0, END, [98, 107]]],
    critical: [80, 120],
    plausible: [60, 150],
    delta: absolute(10, 24),
  }),
  chemistry('CREA', 'Creatinine', '14682-9', 'umol/L', 0, {
    groups: [
      ['any', 0, M1, [27, 88]],
      ['any', M1, Y, [14, 34]],
      ['any', Y, 6 * Y, [20, 40]],
      ['any', 6 * Y, 12 * Y, [27, 54]],
      ['any', 12 * Y, 18 * Y, [35, 80]],
      ['female', 18 * Y, END, [45, 84]],
      ['male', 18 * Y, END, [59, 104]],
    ],
    critical: [null, 500],
    plausible: [5, 2500],
    delta: percent(50, 168),
  }),
  chemistry('UREA', 'Urea', '22664-7', 'mmol/L', 1, {
    groups: [
      ['any', 0, Y, [1.4, 6.8]],
      ['any', Y, END, [2.5, 7.8]],
    ],
    critical: [null, 35.7],
    plausible: [0.3, 90],
    delta: percent(60, 72),
  }),
  chemistry('GLU', 'Glucose', '14749-6', 'mmol/L', 1, {
    groups: [
      ['any', 0, M1, [2.6, 5.5], [2.2, 16.6]],
      ['any', M1, END, [3.9, 5.5]],
    ],
    critical: [2.5, 25],
    plausible: [0.3, 80],
  }),
  chemistry('ALT', 'ALT', '1742-6', 'U/L', 0, {
    groups: [
      ['any', 0, 18 * Y, [null, 40]],
      ['female', 18 * Y, END, [null, 34]],
      ['male', 18 * Y, END, [null, 45]],
    ],
    plausible: [1, 12000],
    delta: percent(200, 72),
  }),
  chemistry('AST', 'AST', '1920-8', 'U/L', 0, {
    groups: [
      ['any', 0, Y, [null, 80]],
      ['any', Y, 18 * Y, [null, 50]],
      ['female', 18 * Y, END, [null, 32]],
      ['male', 18 * Y, END, [null, 40]],
    ],
    plausible: [1, 12000],
    delta: percent(200, 72),
  }),
  chemistry('ALP', 'Alkaline phosphatase', '6768-6', 'U/L', 0, {
    groups: [
      ['any', 0, Y, [80, 420]],
      ['any', Y, 12 * Y, [120, 400]],
      ['female', 12 * Y, 18 * Y, [50, 280]],
      ['male', 12 * Y, 18 * Y, [70, 400]],
      ['female', 18 * Y, END, [35, 105]],
      ['male', 18 * Y, END, [40, 130]],
    ],
    plausible: [3, 5000],
  }),
  chemistry('GGT', 'Gamma-GT', '2324-2', 'U/L', 0, {
    groups: [
      ['any', 0, Y, [null, 200]],
      ['any', Y, 18 * Y, [null, 25]],
      ['female', 18 * Y, END, [null, 40]],
      ['male', 18 * Y, END, [null, 60]],
    ],
    plausible: [1, 5000],
  }),
  chemistry('BILT', 'Bilirubin total', '14631-6', 'umol/L', 0, {
    groups: [
      ['any', 0, M1, [26, 205], [null, 290]],
      ['any', M1, END, [null, 21]],
    ],
    plausible: [1, 900],
    delta: rate(85, 72),
  }),
  chemistry('ALB', 'Albumin', '1751-7', 'g/L', 0, {
    groups: [
      ['any', 0, M1, [28, 44]],
      ['any', M1, END, [35, 52]],
    ],
    critical: [15, null],
    plausible: [8, 70],
    delta: percent(30, 72),
  }),
  chemistry('TP', 'Total protein', '2885-2', 'g/L', 0, {
    groups: [
      ['any', 0, Y, [45, 70]],
      ['any', Y, END, [64, 83]],
    ],
    plausible: [20, 150],
  }),
  chemistry('CA', 'Calcium', '2000-8', 'mmol/L', 2, {
    groups: [
      ['any', 0, M1, [1.9, 2.8]],
      ['any', M1, END, [2.15, 2.55]],
    ],
    critical: [1.6, 3.25],
    plausible: [0.8, 5],
    delta: absolute(0.4, 24),
  }),
  chemistry('CRP', 'C-reactive protein', '1988-5', 'mg/L', 1, {
    groups: [['any', 0, END, [null, 5]]],
    plausible: [0, 700],
  }),
  chemistry('LDH', 'LDH', '2532-0', 'U/L', 0, {
    groups: [
      ['any', 0, M1, [225, 600]],
      ['any', M1, 18 * Y, [120, 300]],
      ['female', 18 * Y, END, [135, 214]],
      ['male', 18 * Y, END, [135, 225]],
    ],
    plausible: [30, 20000],
  }),
  chemistry('CK', 'Creatine kinase', '2157-6', 'U/L', 0, {
    groups: [
      ['any', 0, 18 * Y, [null, 250]],
      ['female', 18 * Y, END, [26, 192]],
      ['male', 18 * Y, END, [39, 308]],
    ],
    plausible: [5, 200000],
  }),
  chemistry('TSH', 'TSH', '11579-0', 'm[IU]/L', 2, {
    groups: [
      ['any', 0, M1, [0.7, 15]],
      ['any', M1, 18 * Y, [0.7, 6]],
      ['any', 18 * Y, END, [0.27, 4.2]],
    ],
    plausible: [0, 200],
  }),
  chemistry('FT4', 'Free T4', '14920-3', 'pmol/L', 1, {
    groups: [
      ['any', 0, M1, [11, 32]],
      ['any', M1, 18 * Y, [11.5, 22.5]],
      ['any', 18 * Y, END, [12, 22]],
    ],
    plausible: [1, 120],
  }),
  chemistry('TROP', 'Troponin T hs', '67151-1', 'ng/L', 0, {
    groups: [
      ['female', 18 * Y, END, [null, 9]],
      ['male', 18 * Y, END, [null, 16]],
    ],
    critical: [null, 52],
    plausible: [0, 100000],
    delta: absolute(7, 24),
    autoverify: false,
  }),
  haematology('WBC', 'WBC', '6690-2', '10*9/L', 1, {
    groups: [
      ['any', 0, M1, [9, 30], [3, 50]],
      ['any', M1, 2 * Y, [6, 17.5]],
      ['any', 2 * Y, 12 * Y, [4.5, 13.5]],
      ['any', 12 * Y, END, [4, 10]],
    ],
    critical: [1, 50],
    plausible: [0, 500],
    delta: percent(100, 72),
  }),
  haematology('RBC', 'RBC', '789-8', '10*12/L', 2, {
    groups: [
      ['any', 0, M1, [3.9, 6.3]],
      ['any', M1, 12 * Y, [3.9, 5.3]],
      ['female', 12 * Y, END, [3.9, 5.2]],
      ['male', 12 * Y, END, [4.3, 5.8]],
    ],
    plausible: [0.5, 9],
  }),
  haematology('HGB', 'Haemoglobin', '718-7', 'g/L', 0, {
    groups: [
      ['any', 0, M1, [135, 215], [100, 230]],
      ['any', M1, 2 * Y, [100, 140]],
      ['any', 2 * Y, 12 * Y, [110, 140]],
      ['female', 12 * Y, END, [120, 155]],
      ['male', 12 * Y, END, [133, 173]],
    ],
    critical: [70, 200],
    plausible: [15, 260],
    delta: absolute(20, 72),
  }),
  haematology('HCT', 'Haematocrit', '4544-3', '%', 1, {
    groups: [
      ['any', 0, M1, [42, 66], [30, 75]],
      ['any', M1, 12 * Y, [31, 42]],
      ['female', 12 * Y, END, [36, 46]],
      ['male', 12 * Y, END, [40, 52]],
    ],
    critical: [20, 60],
    plausible: [5, 85],
  }),
  haematology('MCV', 'MCV', '787-2', 'fL', 1, {
    groups: [
      ['any', 0, M1, [95, 120]],
      ['any', M1, 12 * Y, [72, 90]],
      ['any', 12 * Y, END, [80, 98]],
    ],
    plausible: [45, 150],
    delta: absolute(5, 168),
  }),
  haematology('PLT', 'Platelets', '777-3', '10*9/L', 0, {
    groups: [['any', 0, END, [150, 400]]],
    critical: [40, 1000],
    plausible: [0, 3000],
    delta: percent(50, 72),
  }),
  haematology('NEUT', 'Neutrophils', '751-8', '10*9/L', 1, {
    groups: [
      ['any', 0, M1, [3, 20]],
      ['any', M1, 12 * Y, [1.5, 8]],
      ['any', 12 * Y, END, [2, 7.5]],
    ],
    critical: [0.5, null],
    plausible: [0, 400],
  }),
  haematology('LYMPH', 'Lymphocytes', '731-0', '10*9/L', 1, {
    groups: [
      ['any', 0, M1, [2, 11]],
      ['any', M1, 12 * Y, [1.5, 9]],
      ['any', 12 * Y, END, [1, 4]],
    ],
    plausible: [0, 400],
  }),
  coagulation('PT', 'Prothrombin time', '5902-2', 's', 1, {
    groups: [
      ['any', 0, M1, [10.1, 15.9]],
      ['any', M1, END, [9.5, 12.5]],
    ],
    critical: [null, 50],
    plausible: [6, 200],
  }),
  coagulation('INR', 'INR', '6301-6', '{INR}', 1, {
    groups: [
      ['any', 0, M1, [0.9, 1.6]],
      ['any', M1, END, [0.9, 1.2]],
    ],
    critical: [null, 5],
    plausible: [0.5, 20],
    delta: absolute(1.5, 72),
  }),
];

/** The 8 panels: code, name, tests in report order. */
export const panelLines: readonly { code: string; name: string; members: string[] }[] = [
  { code: 'LYTES', name: 'Electrolytes', members: ['NA', 'K', 'CL'] },
  { code: 'RENAL', name: 'Renal', members: ['NA', 'K', 'CREA', 'UREA'] },
  { code: 'LIVER', name: 'Liver', members: ['ALT', 'AST', 'ALP', 'GGT', 'BILT', 'ALB', 'TP'] },
  { code: 'THYROID', name: 'Thyroid', members: ['TSH', 'FT4'] },
  { code: 'CARDIAC', name: 'Cardiac', members: ['TROP', 'CK', 'LDH'] },
  { code: 'METAB', name: 'Metabolic', members: ['NA', 'K', 'CL', 'CREA', 'UREA', 'GLU', 'CA', 'ALB', 'CRP'] },
  {
    code: 'FBC',
    name: 'Blood count',
    members: ['WBC', 'RBC', 'HGB', 'HCT', 'MCV', 'PLT', 'NEUT', 'LYMPH'],
  },
  { code: 'COAG', name: 'Coagulation', members: ['PT', 'INR'] },
];

/** The 3 specimen types; draw order as in CLSI GP41: citrate, serum, EDTA. */
export const specimenLines: readonly {
  code: string;
  name: string;
  container: string;
  cap: string;
  handling: string;
  drawOrder: number;
}[] = [
  {
    code: 'CIT',
    name: 'Citrated plasma',
    container: 'Citrate 2.7 mL',
    cap: 'lightBlue',
    handling: 'Fill to the mark. Room temperature, within 4 h.',
    drawOrder: 1,
  },
  {
    code: 'SER',
    name: 'Serum',
    container: 'SST 5 mL',
    cap: 'gold',
    handling: 'Clot 30 min upright, then spin.',
    drawOrder: 2,
  },
  {
    code: 'EDTA',
    name: 'Whole blood (EDTA)',
    container: 'EDTA 4 mL',
    cap: 'lavender',
    handling: 'Invert 8 times. Do not spin.',
    drawOrder: 4,
  },
];
