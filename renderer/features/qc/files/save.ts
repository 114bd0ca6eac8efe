import type { TFunction } from 'i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { CommandInput } from '../../../../shared/ipc/contract.ts';
import { command } from '../../../data/hooks.ts';
import { unshownError } from '../../../data/pdf.ts';
import { announce } from '../../../ui/announce.ts';

/** Writes points as CSV where the person says. @returns what went wrong, or undefined */
export async function saveExport(
  args: CommandInput<'qc.export'>,
  t: TFunction<'qc-month'>,
): Promise<PlainError | undefined> {
  const outcome = await command('qc.export', args);
  if (!outcome.ok) return outcome.error;
  const { csv, name, points } = outcome.value;
  try {
    const saved = await window.levey?.shell.saveCsv({ suggestedName: name, text: csv });
    if (saved) announce(t('output.saved', { name: saved.name, count: points }));
    return undefined;
  } catch (error) {
    return unshownError(error, { code: 'qc.output', safe: t('output.safe'), todo: t('output.todo') });
  }
}
