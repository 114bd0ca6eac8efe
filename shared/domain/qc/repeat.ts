/** A repeat of a released patient result beside the released one (W13 look-back). Pure. */

/** A value as it bears on a comparison. */
export interface Compared {
  number?: number | undefined;
  comparator?: string | undefined;
  unit: string;
}

export interface RepeatComparison {
  /** new - old, in their unit; null where one is no plain number or the units differ */
  difference: number | null;
  /** difference in percent of the old value; null with difference null or an old value of zero */
  percent: number | null;
  /** total error allowed for the test, percent; null: not set */
  totalErrorAllowed: number | null;
  /** the difference is greater than the total error allowed; null: cannot be told, a person decides */
  exceeds: boolean | null;
}

/** Compares a repeat with the released value. Exactly the allowed error does not exceed it (W10). */
export function compareRepeat(
  released: Compared,
  repeat: Compared,
  totalErrorAllowed: number | null,
): RepeatComparison {
  const plain = ({ number, comparator }: Compared) => (comparator === undefined ? number : undefined);
  const [before, after] = [plain(released), plain(repeat)];
  if (before === undefined || after === undefined || released.unit !== repeat.unit)
    return { difference: null, percent: null, totalErrorAllowed, exceeds: null };
  const difference = rounded(after - before);
  if (before === 0) return { difference, percent: null, totalErrorAllowed, exceeds: null };
  const percent = rounded((difference / Math.abs(before)) * 100);
  const exceeds = totalErrorAllowed === null ? null : Math.abs(percent) > totalErrorAllowed;
  return { difference, percent, totalErrorAllowed, exceeds };
}

/** Without the dust of binary fractions: 5.4 - 5 is 0.4. */
function rounded(value: number): number {
  return Number(value.toPrecision(10));
}
