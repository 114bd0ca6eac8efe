/** Two lines whose analysers send one serial number: one cable in two ports, a swapped address, or a copied setting. Its controls would open the gate of the other. */

import { LeveyError } from '../../../shared/errors.ts';
import type { Interpretation } from '../../../shared/profiles/canonical.ts';
import type { Bench } from '../bench.ts';
import { setProblem } from '../problems.ts';

/** Shorter ones number a module or a cell, not an analyser. */
const LEAST_LENGTH = 4;

const seen = new WeakMap<Bench, Map<string, string>>();

/** The serial number a message tells (H-5, R-14, OBX-18); '' when it tells none or several. */
export function serialOf({ sender, results }: Pick<Interpretation, 'sender' | 'results'>): string {
  const all = [...results.map((one) => one.instrumentSerial), sender.serial].map((one) => one.trim());
  const told = new Set(all.filter((one) => one.length >= LEAST_LENGTH));
  return told.size === 1 ? ([...told][0] ?? '') : '';
}

/**
 * Notes the serial number an analyser sent, and puts a problem on the strip while two lines send the same one. Since the engine started only: a
 * message that is read again later says nothing of who sends now.
 */
export function noteSerial(
  bench: Bench,
  instrumentId: string,
  interpretation: Pick<Interpretation, 'sender' | 'results'>,
): void {
  const serial = serialOf(interpretation);
  if (serial === '') return;
  const known = seen.get(bench) ?? new Map<string, string>();
  seen.set(bench, known);
  const before = known.get(instrumentId);
  if (before === serial) return;
  known.set(instrumentId, serial);
  for (const one of new Set([before, serial])) {
    if (one === undefined) continue;
    const lines = [...known].filter(([, sent]) => sent === one).map(([id]) => id);
    setProblem(bench, `sameSerial.${one}`, lines.length < 2 ? null : sameSerial(bench, one, lines));
  }
}

function sameSerial(bench: Bench, serial: string, ids: readonly string[]) {
  const lines = bench.instruments.lines();
  const names = ids.map((id) => lines.find((line) => line.id === id)?.name ?? id).sort();
  return new LeveyError({
    code: 'qc.sameSerial',
    what: `${names.join(' and ')} send the same serial number ${serial}.`,
    safe: 'Every message is stored with the line it came on.',
    todo: 'Check that each line is connected to its own analyser: a control would count for the wrong one.',
  });
}
