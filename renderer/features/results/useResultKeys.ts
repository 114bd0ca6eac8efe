import { useTranslation } from 'react-i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { ReleasePlanRow, ResultDetailRow, ResultRow } from '../../../shared/ipc/results.ts';
import { useCommands } from '../../app/commands.ts';
import { type ScreenKey, useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { command } from '../../data/hooks.ts';
import { offerUndo } from '../../ui/undo.ts';
import type { Planned } from './ReleaseDialog.tsx';
import { isOpen, stoppedByQc } from './rows.ts';
import { useInstrumentName } from './words.ts';

/** What lies over the screen; the row it is about stays the one it was opened for. */
export type Open =
  | { dialog: 'release'; ids: readonly string[] }
  | { dialog: 'call'; row: ResultRow; back?: readonly string[] }
  | { dialog: 'reject' | 'correct'; row: ResultRow }
  | { dialog: 'enter'; row: ResultRow | undefined; specimen: string };

export interface ResultActs {
  open: (what: Open) => void;
  fail: (error: PlainError) => void;
  find: () => void;
  comment: () => void;
  why: () => void;
  /** By specimen, or by test. */
  order: () => void;
  /** Selects all that waits, or nothing when something is selected. */
  all: () => void;
  back: () => void;
}

export interface ResultKeysInput {
  /** Under the cursor. */
  row: ResultRow | undefined;
  detail: ResultDetailRow | undefined;
  plan: ReleasePlanRow | undefined;
  /** Selected rows; empty when nothing is. */
  chosen: readonly ResultRow[];
  selection: Planned;
  acts: ResultActs;
}

/**
 * The keys of the results screen, with the reason where one cannot act. F8 and F5 act on the selection when there is one, everything else on
 * the row of the cursor.
 */
export function useResultKeys(input: ResultKeysInput): readonly ScreenKey[] {
  const { t } = useTranslation('results');
  const { row, detail, plan, chosen, selection, acts } = input;
  const none = row === undefined ? t('keys.noRow') : undefined;
  const name = row === undefined ? '' : `${row.testName} ${shortAccession(row.accessionIdentifier)}`;
  const open = row !== undefined && isOpen(row);

  const rerun = async (): Promise<void> => {
    const rows = chosen.length > 0 ? chosen : row === undefined ? [] : [row];
    const back = rows.length === 1 && rows[0]?.rerunAsked === true;
    const ids = rows.filter((one) => back || !one.rerunAsked).map((one) => one.id);
    if (ids.length === 0) return;
    const undo = async (): Promise<void> => {
      const undone = await command(back ? 'result.rerun' : 'result.undoRerun', { resultIds: ids });
      if (!undone.ok) acts.fail(undone.error);
    };
    const outcome = await command(back ? 'result.undoRerun' : 'result.rerun', { resultIds: ids });
    if (!outcome.ok) {
      acts.fail(outcome.error);
      return;
    }
    offerUndo({ text: t(back ? 'rerun.undone' : 'rerun.asked', { name: oneName(rows) }), undo });
  };
  const oneName = (rows: readonly ResultRow[]): string =>
    rows.length === 1 && rows[0] !== undefined
      ? `${rows[0].testName} ${shortAccession(rows[0].accessionIdentifier)}`
      : t('rerun.many', { count: rows.length });

  const instrument = useInstrumentName(row?.instrumentId ?? '');
  const byHand = row !== undefined && open && (row.instrumentId === '' || row.valueKind === 'empty');
  const whyNoValue = (): string | undefined => {
    if (row === undefined) return none;
    if (row.verdict === 'rejected') return t('keys.rejected');
    return row.verdict === 'released' || byHand ? undefined : t('keys.measured', { instrument });
  };
  const many = chosen.length > 0;
  const canRelease = selection.now.length + selection.comment.length;
  const whyNoRelease = (): string | undefined => {
    if (many && canRelease === 0)
      return selection.stays.length < chosen.length ? t('bulk.asking') : t('bulk.none');
    if (many) return undefined;
    if (row === undefined) return none;
    if (plan === undefined) return undefined;
    return plan.outcome === 'stays' ? plan.why : undefined;
  };
  const whyNoCall = (): string | undefined => {
    if (row === undefined) return none;
    if (row.callDue) return undefined;
    return detail?.call.state === 'done' ? t('keys.callDone') : t('keys.noCall');
  };

  const keys: ScreenKey[] = [
    {
      key: 'F2',
      label: row?.verdict === 'released' ? t('keys.correct') : t('keys.value'),
      detail: name,
      disabledReason: whyNoValue(),
      run: () => {
        if (row === undefined) return;
        if (row.verdict === 'released') acts.open({ dialog: 'correct', row });
        else acts.open({ dialog: 'enter', row, specimen: row.accessionDisplay });
      },
    },
    { key: 'F3', label: t('keys.find'), run: acts.find, icon: 'find', strip: false },
    {
      key: 'F4',
      label: t(row !== undefined && stoppedByQc(row) ? 'keys.qc' : 'keys.why'),
      detail: name,
      // What a control stopped is explained by its chart.
      run: () => {
        if (row !== undefined && stoppedByQc(row)) goTo('qc', `${row.instrumentId} ${row.testCode}`);
        else acts.why();
      },
      icon: 'why',
      disabledReason: none,
    },
    {
      key: 'F5',
      label: row?.rerunAsked && !many ? t('keys.undoRerun') : t('keys.rerun'),
      detail: many ? oneName(chosen) : name,
      disabledReason: many || open ? undefined : (none ?? t('keys.decided')),
      run: () => void rerun(),
    },
    {
      key: 'F6',
      label: t('keys.comment'),
      detail: name,
      disabledReason: none ?? (row?.verdict === 'released' ? t('comment.fixed') : undefined),
      run: acts.comment,
    },
    {
      key: 'F8',
      label: many ? t('keys.releaseSelected') : t('keys.release'),
      detail: many ? t('keys.releaseOf', { count: canRelease, all: chosen.length }) : name,
      disabledReason: whyNoRelease(),
      primary: true,
      run: () => {
        if (document.activeElement instanceof HTMLTextAreaElement) document.activeElement.blur();
        acts.open({
          dialog: 'release',
          ids: many ? chosen.map((one) => one.id) : row === undefined ? [] : [row.id],
        });
      },
    },
    {
      key: 'F10',
      label: t('keys.call'),
      detail: name,
      disabledReason: whyNoCall(),
      run: () => row && acts.open({ dialog: 'call', row }),
    },
    {
      key: 'Delete',
      label: t('keys.reject'),
      detail: name,
      disabledReason: open ? undefined : (none ?? t('keys.decided')),
      run: () => row && acts.open({ dialog: 'reject', row }),
    },
    {
      key: 'Ctrl+N',
      label: t('keys.enter'),
      run: () => acts.open({ dialog: 'enter', row: undefined, specimen: row?.accessionDisplay ?? '' }),
    },
    {
      key: 'Ctrl+A',
      label: t('keys.all'),
      run: acts.all,
      strip: false,
    },
    { key: 'Alt+7', label: t('keys.order'), run: acts.order, icon: 'filter', strip: false },
    { key: 'Escape', label: t('keys.back'), run: acts.back, strip: false, palette: false },
  ];
  useScreenKeys(keys);
  useCommands('screen', [
    ...(many && row !== undefined && open
      ? [
          {
            id: 'release-this',
            label: t('keys.releaseThis'),
            detail: name,
            disabledReason: plan?.outcome === 'stays' ? plan.why : undefined,
            run: () => acts.open({ dialog: 'release' as const, ids: [row.id] }),
          },
        ]
      : []),
    ...(open
      ? [
          {
            id: 'what-releases',
            label: t('keys.whatReleases'),
            detail: name,
            icon: 'why' as const,
            keyName: 'F4',
            run: acts.why,
          },
        ]
      : []),
  ]);
  return keys;
}
