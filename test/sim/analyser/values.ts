/** What the simulated analysers measure: plausible values per test, in the units of the demo profiles. */
import { gaussian, type Random } from './random.ts';

/** One test. Values are drawn around the middle of `low`..`high`, skewed ones on a logarithmic scale. */
interface Measurand {
  /** reference range of the instrument, for its own flags */
  low: number;
  high: number;
  /** measuring range; outside, the analyser prints `<` or `>` */
  least: number;
  most: number;
  decimals: number;
  skewed?: boolean;
}

/** By our test code. */
export const MEASURANDS: Readonly<Record<string, Measurand>> = {
  NA: { low: 136, high: 145, least: 80, most: 180, decimals: 0 },
  K: { low: 3.5, high: 5.1, least: 1.5, most: 10, decimals: 2 },
  CL: { low: 98, high: 107, least: 60, most: 140, decimals: 0 },
  CREA: { low: 49, high: 104, least: 5, most: 2700, decimals: 0, skewed: true },
  UREA: { low: 2.8, high: 8.1, least: 0.5, most: 40, decimals: 1, skewed: true },
  GLU: { low: 3.9, high: 6.1, least: 0.11, most: 41.6, decimals: 2, skewed: true },
  ALT: { low: 10, high: 50, least: 5, most: 700, decimals: 0, skewed: true },
  AST: { low: 10, high: 50, least: 5, most: 700, decimals: 0, skewed: true },
  ALP: { low: 35, high: 130, least: 5, most: 1200, decimals: 0, skewed: true },
  GGT: { low: 8, high: 60, least: 3, most: 1200, decimals: 0, skewed: true },
  BILT: { low: 3, high: 21, least: 2.5, most: 650, decimals: 1, skewed: true },
  ALB: { low: 35, high: 52, least: 2, most: 60, decimals: 1 },
  TP: { low: 64, high: 83, least: 2, most: 120, decimals: 1 },
  CA: { low: 2.15, high: 2.5, least: 0.2, most: 5, decimals: 2 },
  CRP: { low: 0.6, high: 5, least: 0.6, most: 350, decimals: 1, skewed: true },
  LDH: { low: 135, high: 225, least: 10, most: 1000, decimals: 0, skewed: true },
  CK: { low: 39, high: 190, least: 7, most: 2000, decimals: 0, skewed: true },
  TSH: { low: 0.27, high: 4.2, least: 0.005, most: 100, decimals: 3, skewed: true },
  FT4: { low: 12, high: 22, least: 0.5, most: 100, decimals: 1 },
  TROP: { low: 3, high: 14, least: 3, most: 10_000, decimals: 1, skewed: true },
  WBC: { low: 4, high: 10, least: 0.1, most: 400, decimals: 2, skewed: true },
  RBC: { low: 4.1, high: 5.7, least: 0.1, most: 8, decimals: 2 },
  HGB: { low: 120, high: 170, least: 10, most: 250, decimals: 0 },
  HCT: { low: 36, high: 50, least: 5, most: 75, decimals: 1 },
  MCV: { low: 80, high: 98, least: 40, most: 150, decimals: 1 },
  PLT: { low: 150, high: 400, least: 5, most: 5000, decimals: 0 },
  NEUT: { low: 1.8, high: 7.5, least: 0.01, most: 300, decimals: 2, skewed: true },
  LYMPH: { low: 1, high: 4, least: 0.01, most: 300, decimals: 2, skewed: true },
  PT: { low: 9.4, high: 12.5, least: 5, most: 120, decimals: 1 },
  INR: { low: 0.85, high: 1.15, least: 0.5, most: 15, decimals: 2 },
};

/** A measurement as the analyser prints it. */
export interface Measurement {
  text: string;
  /** N L H < > */
  flag: string;
  /** '' or the factor of an automatic dilution */
  dilution: string;
  /** e.g. `136-145` */
  range: string;
}

/** One patient value; about one in eight is pathological. Tests that are not in the table are measured on 0..100. */
export function measure(test: string, random: Random): Measurement {
  const one = MEASURANDS[test] ?? { low: 20, high: 80, least: 0, most: 100, decimals: 1 };
  const sick = random() < 0.12 ? (random() < 0.5 ? -1 : 1) * (1 + 2 * random()) : 0;
  return print(one, draw(one, gaussian(random) * 0.8 + sick * 2), random);
}

/** Target of a control, level 1 in the reference range and level 2 above it. Coefficient of variation 2 %. */
export function qcTarget(test: string, level: 1 | 2): { mean: number; sd: number; decimals: number } {
  const one = MEASURANDS[test] ?? { low: 20, high: 80, least: 0, most: 100, decimals: 1 };
  const mean = ((one.low + one.high) / 2) * (level === 1 ? 1 : 1.4);
  return { mean, sd: mean * 0.02, decimals: one.decimals + 1 };
}

/** One control value, `shift` SD away from its target. */
export function measureQc(test: string, level: 1 | 2, random: Random, shift = 0): Measurement {
  const { mean, sd, decimals } = qcTarget(test, level);
  const text = (mean + sd * (gaussian(random) * 0.9 + shift)).toFixed(decimals);
  return { text, flag: '', dilution: '', range: '' };
}

function draw(one: Measurand, z: number): number {
  if (one.skewed !== true) return (one.low + one.high) / 2 + (z * (one.high - one.low)) / 4;
  const [low, high] = [Math.log(one.low), Math.log(one.high)];
  return Math.exp((low + high) / 2 + (z * (high - low)) / 4);
}

function print(one: Measurand, value: number, random: Random): Measurement {
  const range = `${one.low}-${one.high}`;
  if (value < one.least) return { text: `<${one.least}`, flag: '<', dilution: '', range };
  const dilution = value > one.high * 3 && random() < 0.3 ? '2' : '';
  if (value > one.most && dilution === '') return { text: `>${one.most}`, flag: '>', dilution, range };
  const flag = value < one.low ? 'L' : value > one.high ? 'H' : 'N';
  return { text: value.toFixed(one.decimals), flag, dilution, range };
}
