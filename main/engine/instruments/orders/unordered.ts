/** Which tests no analyser can be told to measure, though analysers that are told their work measure them. */
import { withoutOrderCode } from '../../../../shared/profiles/orders/order.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { OrdersMode } from './mode.ts';

/** A line as far as its orders go. */
export interface OrderedLine {
  /** as the bench calls it */
  name: string;
  /** false while it is closed, or at another station */
  isOpen: boolean;
  mode: OrdersMode;
  /** with today's mapping */
  profile: Profile;
}

/** Whether a line is open and takes a test: it has an order code for it, or its work is chosen by hand. */
export function isGiven({ isOpen, mode, profile }: OrderedLine, test: string): boolean {
  if (!isOpen || !profile.tests.some((one) => one.test === test)) return false;
  return mode === 'none' || !withoutOrderCode(profile).has(test);
}

/**
 * Tests by our code, with the names of the lines that measure them and have no order code for them. A test that another line can be told, or that is
 * measured on one that is told nothing (its work is chosen by hand), is none of them, also while that one is closed.
 */
export function unorderedTests(lines: readonly OrderedLine[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const ordered = new Set<string>();
  for (const { name, mode, profile } of lines) {
    const without = mode === 'none' ? new Set<string>() : withoutOrderCode(profile);
    for (const test of new Set(profile.tests.map((one) => one.test))) {
      if (without.has(test)) found.set(test, [...(found.get(test) ?? []), name]);
      else ordered.add(test);
    }
  }
  for (const test of ordered) found.delete(test);
  return found;
}
