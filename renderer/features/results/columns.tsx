import type { TFunction } from 'i18next';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { reasonText, whoText } from '../../i18n/who.ts';
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

/** What stands beside the verdict: what is still open, else the reason or who released it. */
function besideVerdict(row: ResultRow, t: TFunction<'results'>): string {
  if (row.rerunAsked) return t('verdict.rerun');
  if (row.callDue && row.verdict === 'released') return t('verdict.call');
  // A correction or a rerun that waits looks like any other value: say that it is not the first.
  return (
    reasonText(t, row.verdictReason) || (row.version > 1 ? t('panel.version', { version: row.version }) : '')
  );
}

const verdictKind = (row: ResultRow): StateKind =>
  row.verdict === 'released' && row.status === 'corrected' ? 'corrected' : row.verdict;

/** Verdict with what stands beside it. */
export function Verdict({ row }: { row: ResultRow }) {
  const { t } = useTranslation('results');
  return <State kind={verdictKind(row)} reason={besideVerdict(row, t) || undefined} />;
}

/** Shapes of what the controls said; none: the laboratory runs no control for it. */
export const qcKinds: Partial<Record<ResultRow['qc'], StateKind>> = {
  in: 'inControl',
  warning: 'warning',
  rejected: 'rejected',
  overdue: 'overdue',
  notEvaluable: 'notEvaluated',
};

function Qc({ row }: { row: ResultRow }) {
  const { t } = useTranslation('results');
  const kind = qcKinds[row.qc];
  if (kind !== undefined) return <State kind={kind} word={row.qcText || t(`qc.${row.qc}`)} small />;
  return (
    <span className="lv-tone-quiet" title={t('qc.none')}>
      <Glyph name="none" />
      <span className="lv-visually-hidden">{t('qc.none')}</span>
    </span>
  );
}

/** What the widths follow: the longest text of each column whose text is never cut. They grow and never shrink while the screen is open. */
interface Widths {
  specimen: number;
  age: number;
  result: number;
  unit: number;
  range: number;
  previous: number;
  delta: number;
  qc: number;
  verdict: number;
  record: number;
}

const least: Widths = {
  specimen: 94,
  age: 46,
  result: 50,
  unit: 46,
  range: 62,
  previous: 40,
  delta: 46,
  qc: 34,
  verdict: 112,
  record: 76,
};

/** `M 72–73 y`, where only the year of birth is known, is set smaller: names need the room. */
const LONG_AGE = 7;

let pen: CanvasRenderingContext2D | null | undefined;

/** Width of a text in the window's own type, px. */
function widthIn(text: string, size: number, weight: number): number {
  pen ??= document.createElement('canvas').getContext('2d');
  if (pen === null || pen === undefined) return text.length * size * 0.6;
  pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

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

function widthsOf(
  rows: readonly ResultRow[],
  twice: ReadonlySet<string>,
  t: TFunction<'results'>,
  say: (key: string) => string,
): Widths {
  // Padding of a cell and a little air; a shape before a word takes 17 px more.
  const widest = (texts: readonly string[], room: number, size = 13, weight = 400): number =>
    Math.ceil(
      Math.min(180, room + Math.max(0, ...[...new Set(texts)].map((text) => widthIn(text, size, weight)))),
    );
  return {
    specimen: twice.size === 0 ? 94 : 138,
    age: Math.max(
      widest(
        rows.map((row) => whoText(t, row)).filter((who) => who.length <= LONG_AGE),
        9,
      ),
      widest(
        rows.map((row) => whoText(t, row)).filter((who) => who.length > LONG_AGE),
        8,
        12,
      ),
    ),
    result: widest(
      rows.map((row) => formatValueText(row.valueText) || 'empty'),
      10,
      13.5,
      600,
    ),
    unit: widest(
      rows.map((row) => formatUnit(row.unit)),
      9,
      12,
    ),
    range: widest(
      rows.map((row) => row.rangeText || t('noRange')),
      9,
    ),
    previous: widest(
      rows.map((row) => formatValueText(row.previousText)),
      9,
    ),
    delta: widest(
      rows.map((row) => row.delta),
      11,
      13,
      600,
    ),
    qc: rows.some((row) => row.qc !== 'none') ? 52 : 34,
    verdict: widest(
      rows.map((row) =>
        [say(`states:${verdictKind(row)}`), besideVerdict(row, t)].filter(Boolean).join(' · '),
      ),
      29,
    ),
    record: widest(
      rows.map((row) => say(`states:${row.syncState}`)),
      28,
      12,
    ),
  };
}

const maximum = (a: Widths, b: Widths): Widths =>
  Object.fromEntries(
    (Object.keys(a) as (keyof Widths)[]).map((key) => [key, Math.max(a[key], b[key])]),
  ) as unknown as Widths;

/** The columns of the grid: who, what, value, flag, range, history, QC, verdict, record. */
export function useColumns(rows: readonly ResultRow[]): readonly GridColumn<ResultRow>[] {
  const { t, i18n } = useTranslation('results');
  const twice = useMemo(() => [...ambiguous(rows)].sort().join(' '), [rows]);
  const grown = useRef(least);
  const widths = useMemo(() => {
    grown.current = maximum(
      grown.current,
      widthsOf(rows, new Set(twice.split(' ').filter(Boolean)), t, (key) => i18n.t(key)),
    );
    return JSON.stringify(grown.current);
  }, [rows, twice, t, i18n]);
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
      width: 110,
      grow: 3,
      identity: true,
      render: (row) => (
        <PatientName name={{ text: row.patientName, transliteration: row.transliteration || undefined }} />
      ),
    },
    {
      id: 'age',
      title: t('columns.age'),
      width: widths.age,
      spare: true,
      identity: true,
      render: (row) => (
        <span className={whoText(t, row).length > LONG_AGE ? 'lv-caption' : 'lv-text-2'}>
          {whoText(t, row)}
        </span>
      ),
    },
    {
      id: 'test',
      title: t('columns.test'),
      width: 96,
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
    { id: 'flag', title: t('columns.flag'), width: 56, render: (row) => <Flag row={row} /> },
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
      spare: true,
      align: 'right',
      render: (row) => <span className="lv-text-2">{formatValueText(row.previousText) || '–'}</span>,
    },
    {
      id: 'trend',
      title: t('columns.trend'),
      width: 57,
      spare: true,
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
        <span className={row.deltaHeld ? 'lv-tone-held lv-strong' : 'lv-text-2'}>{row.delta || '–'}</span>
      ),
    },
    { id: 'qc', title: t('columns.qc'), width: widths.qc, render: (row) => <Qc row={row} /> },
    {
      id: 'verdict',
      title: t('columns.verdict'),
      width: widths.verdict,
      render: (row) => <Verdict row={row} />,
    },
    {
      id: 'record',
      title: t('columns.record'),
      width: widths.record,
      render: (row) => <State kind={row.syncState} small />,
    },
  ];
}
