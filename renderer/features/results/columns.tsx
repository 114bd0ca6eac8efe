import type { TFunction } from 'i18next';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';
import { formatSigned, formatUnit, formatValueText } from '../../i18n/format.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import type { GridColumn } from '../../ui/Grid.tsx';
import { Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { Sparkline } from '../../ui/Sparkline.tsx';
import { State, type StateKind } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';
import { flagTone, Unit, Value, type ValueFlag } from '../../ui/Value.tsx';

/** The flag as the value's colour takes it. */
export const flagOf = (row: Pick<ResultRow, 'interpretation'>): ValueFlag => row.interpretation || undefined;

/** `F 61 y`; a dash where the sex is not known. */
export const whoOf = (row: Pick<ResultRow, 'sex' | 'age'>): string => `${row.sex || '–'} ${row.age}`.trim();

const flagKinds: Record<string, StateKind> = {
  HH: 'criticalHigh',
  LL: 'criticalLow',
  H: 'high',
  L: 'low',
};

/** The flag as shape and letter; null when the value is within its range. */
export function Flag({ row, word }: { row: Pick<ResultRow, 'interpretation'>; word?: string }) {
  const kind = flagKinds[row.interpretation];
  if (kind !== undefined) return <State kind={kind} word={word} />;
  return row.interpretation === 'A' ? <State kind="high" word="A" /> : null;
}

/** Verdict with what stands beside it: the reason, who released it, or what is still open. */
export function Verdict({ row }: { row: ResultRow }) {
  const { t } = useTranslation('results');
  const corrected = row.verdict === 'released' && row.status === 'corrected';
  const kind: StateKind = corrected ? 'corrected' : row.verdict;
  const reason = row.rerunAsked
    ? t('verdict.rerun')
    : row.callDue && row.verdict === 'released'
      ? t('verdict.call')
      : row.verdictReason;
  return <State kind={kind} reason={reason || undefined} />;
}

function Qc({ row }: { row: ResultRow }) {
  const { t } = useTranslation('results');
  if (row.qc === 'in') return <State kind="inControl" word={t('qc.in')} small />;
  if (row.qc === 'warning') return <State kind="warning" word={row.qcText} small />;
  if (row.qc === 'rejected') return <State kind="rejected" word={row.qcText} small />;
  return (
    <span className="lv-tone-quiet" title={t('qc.notEvaluated')}>
      <Glyph name="none" />
      <span className="lv-visually-hidden">{t('qc.notEvaluated')}</span>
    </span>
  );
}

/** What the widths follow: the longest text of each column whose text is never cut. They grow and never shrink while the screen is open. */
interface Widths {
  specimen: number;
  result: number;
  unit: number;
  range: number;
  previous: number;
  delta: number;
  verdict: number;
}

const least: Widths = {
  specimen: 94,
  result: 52,
  unit: 54,
  range: 74,
  previous: 40,
  delta: 54,
  verdict: 118,
};

const longest = (texts: Iterable<string>): number => {
  let most = 0;
  for (const text of texts) most = Math.max(most, [...text].length);
  return most;
};

/** Numbers of specimens that end alike on two days or stations: those are shown longer, so that no two look the same. */
function ambiguous(rows: readonly ResultRow[]): ReadonlySet<string> {
  const seen = new Map<string, string>();
  const twice = new Set<string>();
  for (const { accessionIdentifier } of rows) {
    const short = shortAccession(accessionIdentifier);
    const known = seen.get(short);
    if (known !== undefined && known !== accessionIdentifier) twice.add(short);
    seen.set(short, accessionIdentifier);
  }
  return twice;
}

function widthsOf(rows: readonly ResultRow[], twice: ReadonlySet<string>): Widths {
  const widthFor = (texts: string[], perSign: number, room: number, most: number): number =>
    Math.min(most, Math.ceil(longest(texts) * perSign + room));
  return {
    specimen: twice.size === 0 ? 94 : 138,
    result: widthFor(
      rows.map((row) => formatValueText(row.valueText) || 'empty'),
      7.8,
      10,
      160,
    ),
    unit: widthFor(
      rows.map((row) => formatUnit(row.unit)),
      6.7,
      10,
      110,
    ),
    range: widthFor(
      rows.map((row) => row.rangeText),
      7,
      8,
      140,
    ),
    previous: widthFor(
      rows.map((row) => formatValueText(row.previousText)),
      7.6,
      9,
      110,
    ),
    delta: widthFor(
      rows.map((row) => row.delta),
      7.4,
      9,
      110,
    ),
    verdict: widthFor(
      rows.map((row) => `Released · ${row.rerunAsked ? 'rerun' : row.verdictReason}`),
      6.6,
      24,
      190,
    ),
  };
}

const maximum = (a: Widths, b: Widths): Widths =>
  Object.fromEntries(
    (Object.keys(a) as (keyof Widths)[]).map((key) => [key, Math.max(a[key], b[key])]),
  ) as unknown as Widths;

/** The columns of the grid: who, what, value, flag, range, history, QC, verdict, record. */
export function useColumns(rows: readonly ResultRow[]): readonly GridColumn<ResultRow>[] {
  const { t } = useTranslation('results');
  const twice = useMemo(() => [...ambiguous(rows)].sort().join(' '), [rows]);
  const grown = useRef(least);
  const widths = useMemo(() => {
    grown.current = maximum(grown.current, widthsOf(rows, new Set(twice.split(' ').filter(Boolean))));
    return JSON.stringify(grown.current);
  }, [rows, twice]);
  return useMemo(
    () => columnsFor(JSON.parse(widths) as Widths, new Set(twice.split(' ')), t),
    [widths, twice, t],
  );
}

function columnsFor(
  widths: Widths,
  twice: ReadonlySet<string>,
  t: TFunction<'results'>,
): readonly GridColumn<ResultRow>[] {
  const number = (row: ResultRow): string => {
    const short = shortAccession(row.accessionIdentifier);
    return twice.has(short)
      ? `${row.accessionIdentifier.slice(2, 5)}-${row.accessionIdentifier.slice(5, 7)}-${short}`
      : short;
  };
  return [
    {
      id: 'specimen',
      title: t('columns.specimen'),
      width: widths.specimen,
      identity: true,
      render: (row) => (
        <>
          <TubeCap cap={row.cap} />
          <span className="lv-mono" title={row.accessionDisplay}>
            {number(row)}
          </span>
          {row.priority === 'stat' ? <Tag>{t('stat')}</Tag> : null}
        </>
      ),
    },
    {
      id: 'patient',
      title: t('columns.patient'),
      width: 104,
      grow: 2,
      identity: true,
      render: (row) => (
        <PatientName name={{ text: row.patientName, transliteration: row.transliteration || undefined }} />
      ),
    },
    {
      id: 'age',
      title: t('columns.age'),
      width: 50,
      identity: true,
      render: (row) => <span className="lv-text-2">{whoOf(row)}</span>,
    },
    {
      id: 'test',
      title: t('columns.test'),
      width: 84,
      grow: 1,
      render: (row) => (
        <span className="lv-medium lv-ellipsis" title={row.testName}>
          {row.testName}
        </span>
      ),
    },
    {
      id: 'result',
      title: t('columns.result'),
      width: widths.result,
      align: 'right',
      render: (row) => <Value text={row.valueText} flag={flagOf(row)} struck={row.verdict === 'rejected'} />,
    },
    { id: 'unit', title: t('columns.unit'), width: widths.unit, render: (row) => <Unit unit={row.unit} /> },
    { id: 'flag', title: t('columns.flag'), width: 50, render: (row) => <Flag row={row} /> },
    {
      id: 'range',
      title: t('columns.range'),
      width: widths.range,
      render: (row) => <span className="lv-text-2">{row.rangeText || t('noRange')}</span>,
    },
    {
      id: 'previous',
      title: t('columns.previous'),
      width: widths.previous,
      align: 'right',
      render: (row) => <span className="lv-text-2">{formatValueText(row.previousText) || '–'}</span>,
    },
    {
      id: 'trend',
      title: t('columns.trend'),
      width: 60,
      render: (row) => {
        if (row.trend.length > 1)
          return (
            <Sparkline
              values={row.trend}
              low={row.rangeLow}
              high={row.rangeHigh}
              tone={flagTone(flagOf(row))}
            />
          );
        return row.previousText === '' ? <span className="lv-caption">{t('first')}</span> : null;
      },
    },
    {
      id: 'delta',
      title: t('columns.delta'),
      width: widths.delta,
      align: 'right',
      render: (row) => (
        <span className={row.deltaHeld ? 'lv-tone-held lv-strong' : 'lv-text-2'}>
          {row.delta === '' ? '–' : formatSigned(row.delta)}
        </span>
      ),
    },
    { id: 'qc', title: t('columns.qc'), width: 44, render: (row) => <Qc row={row} /> },
    {
      id: 'verdict',
      title: t('columns.verdict'),
      width: widths.verdict,
      render: (row) => <Verdict row={row} />,
    },
    {
      id: 'record',
      title: t('columns.record'),
      width: 82,
      render: (row) => <State kind={row.syncState} small />,
    },
  ];
}
