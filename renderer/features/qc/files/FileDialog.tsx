import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { CommandInput } from '../../../../shared/ipc/contract.ts';
import type { QcImportOutcome } from '../../../../shared/ipc/qc.ts';
import { command } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Choice } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';

type Kind = CommandInput<'qc.import'>['kind'];
const kinds: readonly Kind[] = ['lots', 'targets', 'points', 'peer', 'eqa'];
const MOST_PROBLEMS = 200;

interface Chosen {
  name: string;
  text: string;
  outcome: QcImportOutcome;
}

/** Lots, targets, points or a peer group's figures from a file: looked through first, line by line, and taken whole or not at all. */
export function FileDialog({ first, onClose }: { first: Kind; onClose: () => void }) {
  const { t } = useTranslation('qc-month');
  const [kind, setKind] = useState<Kind>(first);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [failed, setFailed] = useState<PlainError>();
  const look = async (of: Kind, file: { name: string; text: string }): Promise<void> => {
    const outcome = await command('qc.import', { kind: of, text: file.text, dryRun: true });
    setFailed(outcome.ok ? undefined : outcome.error);
    setChosen(outcome.ok ? { ...file, outcome: outcome.value } : null);
  };
  const choose = async (): Promise<void> => {
    try {
      const file = await window.levey?.shell.chooseFile({
        title: t('files.choose', { what: t(`files.kinds.${kind}`) }),
        filters: [{ name: 'CSV', extensions: ['csv', 'txt'] }],
      });
      if (file) await look(kind, { name: file.name, text: new TextDecoder().decode(file.bytes) });
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      setFailed({ code: 'qc.file', what, safe: t('files.safe'), todo: t('files.todo') });
    }
  };
  const problems = chosen?.outcome.problems ?? [];
  const ready = chosen !== null && problems.length === 0;
  return (
    <FormDialog
      title={t('files.title')}
      text={t(`files.columns.${kind}`)}
      confirm={ready ? t('files.take', { count: chosen.outcome.taken }) : t('files.chooseShort')}
      buttonFirst
      width={620}
      onConfirm={async () => {
        if (!ready) {
          await choose();
          return 'stay';
        }
        const outcome = await command('qc.import', { kind, text: chosen.text, dryRun: false });
        if (!outcome.ok) return outcome.error;
        if (!outcome.value.done) {
          setChosen({ ...chosen, outcome: outcome.value });
          return 'stay';
        }
        announce(
          t('files.done', { count: outcome.value.taken, known: outcome.value.known, name: chosen.name }),
        );
        return undefined;
      }}
      onClose={onClose}
    >
      <Choice
        label={t('files.what')}
        width="100%"
        value={kind}
        onChange={(next) => {
          setKind(next);
          if (chosen !== null) void look(next, chosen);
        }}
        options={kinds.map((id) => ({ id, label: t(`files.kinds.${id}`) }))}
      />
      <ErrorBanner error={failed} />
      {chosen === null ? null : (
        <div className="qc-file" role="status" aria-label={t('files.found')}>
          <div className="lv-row">
            <b className="lv-mono">{chosen.name}</b>
            <span className="lv-grow" />
            <Button size="bar" onClick={() => void choose()}>
              {t('files.another')}
            </Button>
          </div>
          <p>
            {problems.length === 0
              ? t('files.would', { count: chosen.outcome.taken, known: chosen.outcome.known })
              : t('files.problems', { count: problems.length })}
          </p>
          {problems.length === 0 ? null : (
            <ol className="qc-file-problems">
              {problems.slice(0, MOST_PROBLEMS).map((one) => (
                <li key={`${one.line} ${one.text}`}>
                  <span className="lv-text-2">
                    {one.line === 0 ? t('files.whole') : t('files.line', { line: one.line })}
                  </span>{' '}
                  {one.text}
                </li>
              ))}
            </ol>
          )}
        </div>
      )}
    </FormDialog>
  );
}
