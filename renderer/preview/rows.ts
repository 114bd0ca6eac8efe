/** Made-up rows of the results grid for the preview page: nobody in them exists. */
import type { ResultRow } from '../../shared/ipc/results.ts';

type Flag = '' | 'H' | 'L' | 'HH' | 'LL';
type Qc = 'in' | '1-3s' | '1-2s';
type Measured = [
  test: string,
  value: string,
  unit: string,
  flag: Flag,
  low: number | null,
  high: number | null,
];
type Before = [previous: string, trend: number[], delta: string];
type Test = [...Measured, ...Before, qc: Qc, verdict: ResultRow['verdict'], reason: string];
type Tube = [accession: string, cap: string, stat: boolean, name: string, sexAge: string];
type Line = [...Tube, ...Test];

/** One tube and its tests. */
function tube(of: Tube, ...tests: Test[]): Line[] {
  return tests.map((test) => [...of, ...test]);
}

/** Makes tests of one verdict; without a word about it the control is in, and nothing stands beside the verdict. */
function judged(verdict: ResultRow['verdict']) {
  return (measured: Measured, before: Before, reason = '', qc: Qc = 'in'): Test => [
    ...measured,
    ...before,
    qc,
    verdict,
    reason,
  ];
}
const held = judged('held');
const ready = judged('ready');
const released = judged('released');
const blocked = judged('blocked');

export const lines: Line[] = [
  ...tube(
    ['0418', 'gold', true, 'NGUYỄN Thị Hương', 'F 61 y'],
    held(
      ['Potassium', '6.8', 'mmol/L', 'HH', 3.5, 5.1],
      ['4.1', [4, 4.2, 4.1, 4.3, 4.1, 6.8], '+2.7!'],
      '3 rules',
    ),
    held(['LDH', '412', 'U/L', 'H', 135, 214], ['188', [180, 190, 188, 200, 188, 412], '+119 %'], 'H-index'),
    held(['AST', '58', 'U/L', 'H', null, 32], ['24', [22, 24, 26, 24, 24, 58], '+142 %'], 'H-index'),
    ready(['Sodium', '138', 'mmol/L', '', 136, 145], ['139', [141, 137, 138, 139, 138], '−1']),
    ready(['Creatinine', '79', 'umol/L', '', 45, 84], ['76', [74, 78, 75, 76, 79], '+3']),
    ready(['Glucose', '5.4', 'mmol/L', '', 3.9, 5.5], ['5.1', [5.3, 4.9, 5.2, 5.1, 5.4], '+0.3']),
  ),
  ...tube(
    ['0421', 'lavender', false, 'ИВАНОВА Мария', 'F 47 y'],
    held(['Haemoglobin', '92', 'g/L', 'L', 120, 155], ['118', [121, 119, 120, 118, 92], '−26!'], 'delta'),
    ready(['WBC', '11.8', '10*9/L', 'H', 4, 10], ['9.2', [8.1, 9, 8.6, 9.2, 11.8], '+2.6']),
    ready(['Platelets', '231', '10*9/L', '', 150, 400], ['244', [230, 250, 238, 244, 231], '−13']),
    ready(['MCV', '78.4', 'fL', 'L', 80, 98], ['84.9', [85, 84.4, 84.8, 84.9, 78.4], '−6.5']),
  ),
  ...tube(
    ['0423', 'lightBlue', false, '田中 由美子', 'F 73 y'],
    released(['INR', '2.6', '', '', 2, 3], ['2.4', [2, 3, 2.2, 2.4, 2.6], '+0.2'], 'auto'),
    released(['aPTT', '34', 's', '', 25, 36], ['33', [31, 33, 32, 33, 34], '+1'], 'auto'),
  ),
  ...tube(
    ['0425', 'green', true, 'ADEYEMI, baby boy', 'M 2 d'],
    held(['Glucose', '2.1', 'mmol/L', 'LL', 2.6, 5.5], ['3.4', [3.6, 3.5, 3.4, 2.1], '−1.3'], 'critical'),
    held(['Bilirubin total', '214', 'umol/L', 'H', 26, 205], ['161', [80, 120, 161, 214], '+53!'], 'delta'),
  ),
  ...tube(
    ['0426', 'gold', false, 'منصور فاطمة الزهراء', 'F 29 y'],
    blocked(
      ['Sodium', '149', 'mmol/L', 'H', 136, 145],
      ['139', [139, 141, 140, 139, 149], '+10'],
      'QC',
      '1-3s',
    ),
    ready(['Potassium', '4.2', 'mmol/L', '', 3.5, 5.1], ['4.0', [4.1, 3.9, 4.2, 4, 4.2], '+0.2']),
    ready(['Albumin', '41', 'g/L', '', 35, 52], ['40', [42, 41, 39, 40, 41], '+1'], '', '1-2s'),
  ),
  ...tube(
    ['0429', 'gold', true, 'Ó DÁLAIGH Siobhán', 'F 55 y'],
    held(['Troponin I hs', '48', 'ng/L', 'H', null, 16], ['9', [9, 20, 34, 48], '+39!'], 'delta'),
    ready(['CK-MB', '4.1', 'ug/L', '', null, 5], ['', [], '']),
  ),
  ...tube(
    ['0431', 'gold', false, 'ΠΑΠΑΔΟΠΟΥΛΟΥ Ελένη', 'F 66 y'],
    released(['TSH', '0.04', 'm[IU]/L', 'L', 0.27, 4.2], ['0.06', [0.06, 0.05, 0.05, 0.04], '−0.02'], 'auto'),
    released(['Free T4', '31.2', 'pmol/L', 'H', 12, 22], ['28.4', [22, 25, 28.4, 31.2], '+2.8'], 'ML'),
  ),
  ...tube(
    ['0434', 'lavender', false, 'HADDAD Samir', '– 38 y'],
    held(['Haemoglobin', '141', 'g/L', '', null, null], ['', [], ''], 'no sex'),
  ),
  ...tube(
    ['0436', 'gold', false, 'शर्मा प्रिया', 'F 24 y'],
    ready(['Ferritin', '<5', 'ug/L', 'L', 15, 150], ['8', [12, 9, 8, 5], '']),
    held(['Vitamin B12', '', 'pmol/L', '', 145, 569], ['212', [215, 214, 213, 212], ''], 'empty'),
  ),
  ...tube(
    ['0438', 'lavender', false, 'כהן יעל', 'F 41 y'],
    held(
      ['Platelets', '38', '10*9/L', 'LL', 150, 400],
      ['198', [220, 210, 205, 198, 38], '−160!'],
      '3 rules',
    ),
    ready(['WBC', '6.1', '10*9/L', '', 4, 10], ['5.8', [5.5, 5.9, 5.7, 5.8, 6.1], '+0.3']),
  ),
];
