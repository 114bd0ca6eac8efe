import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Live } from '../../../data/live.ts';
import { engineText } from '../../../i18n/engine.ts';
import { Grid, type GridColumn } from '../../../ui/Grid.tsx';
import { EmptyState } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import type { Sign, StepGroup, StepLine } from './step.ts';

const rowId = (row: StepLine): string => row.id;

/** What was asked of a line, one row each: the rule, how it stands, what it asks and what was seen. */
export function StepGrid<Row extends StepLine>({
  group,
  label,
  titles,
  outcomeWidth,
  rows,
  signOf,
  cursor,
  onCursor,
  scope,
  moveLabel,
  live,
  none,
}: {
  group: StepGroup;
  label: string;
  /** of the columns that say what is asked and what was seen */
  titles: { title: string; text: string };
  /** px of the column that says how it stands */
  outcomeWidth: number;
  rows: readonly Row[];
  signOf: (row: Row) => Sign;
  cursor: string | null;
  onCursor: (id: string | null) => void;
  scope: string;
  moveLabel: string;
  live: Pick<Live<StepLine>, 'state' | 'error'>;
  /** shown when there is nothing */
  none: { title: string; next: string };
}) {
  const { t } = useTranslation('selftest');
  const { title, text } = titles;
  const [rule, outcome] = [t('columns.rule'), t('columns.outcome')];
  const columns = useMemo(
    (): GridColumn<Row>[] => [
      {
        id: 'rule',
        title: rule,
        width: 72,
        padLeft: 16,
        render: (row) => <span className="lv-mono lv-medium">{row.rule}</span>,
      },
      {
        id: 'outcome',
        title: outcome,
        width: outcomeWidth,
        render: (row) => <State {...signOf(row)} />,
      },
      {
        id: 'title',
        title,
        width: 420,
        grow: 0,
        render: (row) => <span className="lv-medium lv-ellipsis">{engineText(group, row.title)}</span>,
      },
      {
        id: 'text',
        title: text,
        width: 220,
        grow: 1,
        render: (row) => <span className="lv-text-2 lv-ellipsis">{engineText(group, row.text)}</span>,
      },
    ],
    [rule, outcome, title, text, outcomeWidth, signOf, group],
  );
  return (
    <div className="ins-map">
      <div className="ins-map-grid">
        <Grid
          label={label}
          rows={rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={onCursor}
          scope={scope}
          moveLabel={moveLabel}
          empty={
            live.state === 'loading' ? null : live.state === 'failed' ? (
              <EmptyState
                title={engineText('errors', live.error?.what ?? '')}
                next={engineText('errors', live.error?.todo ?? '')}
              />
            ) : (
              <EmptyState {...none} />
            )
          }
        />
      </div>
    </div>
  );
}
