/** What an earlier version of a file left of a line that it ended in the middle of. */
import { endedTask } from '../../../shared/documents/task.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { Writer } from '../store/store.ts';
import { resultOf } from './known.ts';
import type { Source } from './measurement.ts';

/**
 * A file has gone on: exceptions of lines that say something else now end. Since it begins with all that was read of it before, byte for byte, these are
 * lines that were not whole then; what they say now is posted or held for itself.
 */
export async function endCutLines(
  unit: Writer,
  at: string,
  source: Source,
  results: readonly CanonicalResult[],
): Promise<void> {
  if (source.wentOn !== true) return;
  const open = await unit.find('tasks', {
    selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
  });
  for (const task of open) {
    const cut = resultOf(task);
    if (
      cut === undefined ||
      task.instrumentId !== source.instrumentId ||
      task.messageId === source.messageId ||
      task.payload.messageDigest !== source.messageDigest
    )
      continue;
    const line = results.filter((one) => one.records.result === cut.records.result);
    if (line.some((one) => saysTheSame(one, cut))) continue;
    unit.put('tasks', endedTask(task, at, 'engine', 'The file went on: its line is whole now.'));
  }
}

function saysTheSame(one: CanonicalResult, other: CanonicalResult): boolean {
  const said = ({ specimenId, instrumentCode, sent, sentStatus, completedAt }: CanonicalResult) =>
    [specimenId, instrumentCode, sent.text, sent.unit, sentStatus, completedAt.text].join('\n');
  return said(one) === said(other);
}
