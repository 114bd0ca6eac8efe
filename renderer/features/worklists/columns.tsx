import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorklistRow } from '../../../shared/ipc/results.ts';
import { useNow } from '../../app/useNow.ts';
import { whoText } from '../../i18n/who.ts';
import { ClaimChip, type useClaims } from '../../ui/Claim.tsx';
import { Glyph } from '../../ui/Glyph.tsx';
import type { GridColumn } from '../../ui/Grid.tsx';
import { State, type StateKind, stateLook } from '../../ui/State.tsx';
import { patientColumn, specimenColumn } from '../../ui/workColumns.tsx';

type Test = WorklistRow['tests'][number];

/** The shape of a test's standing: waiting is open, measured waits for verification, released is done. */
export const testKinds: Record<Test['state'], StateKind> = {
  waiting: 'waiting',
  measured: 'ready',
  released: 'released',
  rerun: 'overdue',
};

/** Who, what waits and where it can be measured, for how long it is here. */
export function useColumns(
  nameOf: (instrumentId: string) => string,
  claimOf: ReturnType<typeof useClaims>,
): readonly GridColumn<WorklistRow>[] {
  const { t } = useTranslation('worklists');
  const { t: ui } = useTranslation('ui');
  const now = useNow();
  return useMemo(
    () => [
      specimenColumn({ title: t('specimen'), width: 124, padLeft: 16 }, ui),
      patientColumn({ title: t('patient'), width: 150 }),
      { id: 'age', title: t('age'), width: 72, render: (row) => whoText(t, row) },
      {
        id: 'tests',
        title: t('tests'),
        width: 300,
        grow: 2,
        render: (row) => (
          <span className="lv-work-tests">
            <ClaimChip claim={claimOf('specimens', row.id)} />
            {testStates.map((state) => (
              <TestGroup key={state} state={state} tests={row.tests} word={t(`state.${state}`)} />
            ))}
          </span>
        ),
      },
      {
        id: 'waiting',
        title: t('toDo'),
        width: 66,
        align: 'right',
        render: (row) =>
          row.waiting === 0 ? (
            <span className="lv-text-3">0/{row.tests.length}</span>
          ) : (
            <span>
              <span className="lv-strong">{row.waiting}</span>
              <span className="lv-text-2">/{row.tests.length}</span>
            </span>
          ),
      },
      {
        id: 'measures',
        title: t('measures'),
        width: 116,
        padLeft: 16,
        render: (row) =>
          row.instruments.length > 0 ? (
            <span className="lv-ellipsis">{row.instruments.map(nameOf).join(', ')}</span>
          ) : row.waiting > 0 ? (
            t('byHand')
          ) : (
            ''
          ),
      },
      {
        id: 'since',
        title: t('since'),
        width: 94,
        align: 'right',
        render: (row) => (row.waiting + row.measured === 0 ? '' : since(row.receivedTime, now, t)),
      },
      {
        id: 'record',
        title: t('record'),
        width: 92,
        padLeft: 16,
        render: (row) => <State kind={row.syncState} small />,
      },
    ],
    [t, ui, now, nameOf, claimOf],
  );
}

const testStates = ['waiting', 'rerun', 'measured', 'released'] as const;

/** The tests that stand alike: their shape once, then their codes. */
function TestGroup({ state, tests, word }: { state: Test['state']; tests: readonly Test[]; word: string }) {
  const alike = tests.filter((test) => test.state === state);
  if (alike.length === 0) return null;
  const look = stateLook(testKinds[state]);
  return (
    <span
      className={`lv-work-group lv-tone-${look.tone}`}
      title={`${word}: ${alike.map((test) => test.name).join(', ')}`}
    >
      <Glyph name={look.glyph} />
      <span className="lv-visually-hidden">{word}</span>
      <span className="lv-ellipsis">{alike.map((test) => test.code).join(' ')}</span>
    </span>
  );
}

function since(
  receivedTime: string,
  now: Date,
  t: (key: string, values: Record<string, number>) => string,
): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(receivedTime)) / 60_000));
  return minutes < 60
    ? t('minutes', { count: minutes })
    : t('hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
