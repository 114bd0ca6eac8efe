import { toPlainError } from '../../shared/errors.ts';
import type { Bench } from './bench.ts';

/** Puts a problem on the strip and into the log, or takes it away again with `null`. `error` is a LeveyError, its plain form, or anything thrown. */
export function setProblem(bench: Bench, id: string, error: unknown): void {
  if (error === null) {
    if (!bench.problems.delete(id)) return;
  } else {
    const plain = isPlain(error) ? error : toPlainError(error);
    if (bench.problems.get(id)?.what === plain.what) return;
    bench.problems.set(id, { id, code: plain.code, what: plain.what, safe: plain.safe, todo: plain.todo });
    bench.log.warn('problem', { id, code: plain.code, what: plain.what });
  }
  bench.hub.changed(['channel:problems']);
}

function isPlain(error: unknown): error is { code: string; what: string; safe: string; todo: string } {
  return typeof error === 'object' && error !== null && 'what' in error && 'safe' in error;
}
