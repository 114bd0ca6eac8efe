import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useScreenKeys } from '../app/keys.ts';
import { useScan } from '../app/scan.ts';
import { formatRange, formatValueText } from '../i18n/format.ts';
import { Button } from '../ui/Button.tsx';
import { confirm } from '../ui/confirm.ts';
import { Field, TextField } from '../ui/Field.tsx';
import { Grid, type GridColumn } from '../ui/Grid.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import {
  Because,
  BulkBar,
  Facts,
  Panel,
  PanelSection,
  ReasonBox,
  ScreenBody,
  ScreenHead,
  Tag,
} from '../ui/Layout.tsx';
import { PatientName } from '../ui/PatientName.tsx';
import { ScanEcho } from '../ui/ScanBox.tsx';
import { SegmentedFilter } from '../ui/SegmentedFilter.tsx';
import { Sparkline } from '../ui/Sparkline.tsx';
import { State } from '../ui/State.tsx';
import { Trend } from '../ui/Trend.tsx';
import { TubeCap } from '../ui/TubeCap.tsx';
import { offerUndo } from '../ui/undo.ts';
import { flagTone, Unit, Value } from '../ui/Value.tsx';
import { lines } from './rows.ts';

type Row = { id: string; line: (typeof lines)[number] };
const rows: Row[] = lines.map((line, at) => ({ id: `r${at}`, line }));
const rowId = (row: Row): string => row.id;
const blockOf = (row: Row): string => row.line[0];

const columns: GridColumn<Row>[] = [
  {
    id: 'specimen',
    title: 'Specimen',
    width: 94,
    identity: true,
    render: ({ line }) => (
      <>
        <TubeCap cap={line[1]} />
        <span className="lv-mono">{line[0]}</span>
        {line[2] ? <Tag>STAT</Tag> : null}
      </>
    ),
  },
  {
    id: 'patient',
    title: 'Patient',
    width: 152,
    grow: 2,
    identity: true,
    render: ({ line }) => <PatientName name={{ text: line[3] }} />,
  },
  {
    id: 'age',
    title: 'Age',
    width: 48,
    identity: true,
    render: ({ line }) => <span className="lv-text-2">{line[4]}</span>,
  },
  {
    id: 'test',
    title: 'Test',
    width: 94,
    grow: 1,
    render: ({ line }) => <span className="lv-medium">{line[5]}</span>,
  },
  {
    id: 'result',
    title: 'Result',
    width: 52,
    align: 'right',
    render: ({ line }) => <Value text={line[6]} flag={line[8] || undefined} />,
  },
  { id: 'unit', title: 'Unit', width: 54, render: ({ line }) => <Unit unit={line[7]} /> },
  { id: 'flag', title: 'Flag', width: 50, render: ({ line }) => flagState(line[8]) },
  {
    id: 'range',
    title: 'Range',
    width: 74,
    render: ({ line }) => (
      <span className="lv-text-2">
        {formatRange(line[9] ?? undefined, line[10] ?? undefined) || 'no range'}
      </span>
    ),
  },
  {
    id: 'prev',
    title: 'Prev.',
    width: 40,
    align: 'right',
    render: ({ line }) => <span className="lv-text-2">{line[11] || '–'}</span>,
  },
  {
    id: 'trend',
    title: 'Trend',
    width: 60,
    render: ({ line }) => {
      const tone = flagTone(line[8] || undefined);
      return line[12].length > 1 ? (
        <Sparkline values={line[12]} low={line[9]} high={line[10]} tone={tone} />
      ) : (
        <span className="lv-caption">first</span>
      );
    },
  },
  {
    id: 'delta',
    title: 'Delta',
    width: 54,
    align: 'right',
    render: ({ line }) => {
      const held = line[13].endsWith('!');
      return (
        <span className={held ? 'lv-tone-held lv-strong' : 'lv-text-2'}>
          {line[13].replace('!', '') || '–'}
        </span>
      );
    },
  },
  {
    id: 'qc',
    title: 'QC',
    width: 52,
    render: ({ line }) =>
      line[14] === 'in' ? (
        <State kind="inControl" word="in" small />
      ) : line[14] === '1-3s' ? (
        <State kind="rejected" word="1-3s" small />
      ) : (
        <State kind="warning" word="1-2s" small />
      ),
  },
  {
    id: 'verdict',
    title: 'Verdict',
    width: 118,
    render: ({ line }) => <State kind={line[15]} reason={line[16] || undefined} />,
  },
  {
    id: 'record',
    title: 'Record',
    width: 72,
    render: ({ line }) => <State kind={line[15] === 'released' ? 'queued' : 'local'} small />,
  },
];

function flagState(flag: (typeof lines)[number][8]) {
  if (flag === 'HH') return <State kind="criticalHigh" />;
  if (flag === 'LL') return <State kind="criticalLow" />;
  if (flag === 'H') return <State kind="high" />;
  return flag === 'L' ? <State kind="low" /> : null;
}

/** A results screen with made-up rows, to compare the kit with the reference. */
export function ResultsPreview() {
  const [cursor, setCursor] = useState<string | null>('r0');
  const [selected, setSelected] = useState<ReadonlySet<string>>(
    () => new Set(['r3', 'r4', 'r5', 'r7', 'r8', 'r9', 'r14', 'r15', 'r16', 'r18', 'r22']),
  );
  const [filter, setFilter] = useState('all');
  const [by, setBy] = useState('specimen');
  const [scan, setScan] = useState('26-210-0418');
  const [comment, setComment] = useState(
    'Haemolysed. Potassium may be falsely raised; please send a new specimen.',
  );
  useScan((code) => {
    setScan(code);
    const row = rows.find((candidate) => code.includes(candidate.line[0]));
    if (row !== undefined) setCursor(row.id);
    return true;
  });
  const shown = useMemo(
    () => (filter === 'all' ? rows : rows.filter((row) => row.line[15] === filter)),
    [filter],
  );
  const row = rows.find((candidate) => candidate.id === cursor) ?? rows[0]!;
  const release = (): void => {
    void confirm({
      title: 'Release 10 results?',
      text: '5 specimens, 5 patients. All rules passed. 3 are abnormal, none critical. They go to the ward now and to the server when it answers.',
      confirm: 'Release 10',
    });
  };
  useScreenKeys([
    { key: 'F2', label: 'Value' },
    { key: 'F4', label: 'Why', run: () => undefined, icon: 'why' },
    {
      key: 'F5',
      label: 'Rerun',
      run: () => offerUndo({ text: `Rerun asked for ${row.line[5]} ${row.line[0]}`, undo: () => undefined }),
    },
    { key: 'F6', label: 'Comment' },
    { key: 'F7', label: 'New specimen' },
    { key: 'F8', label: 'Release', run: release, primary: true, detail: '10 of 11; 1 stays blocked' },
    { key: 'F10', label: 'Call' },
    { key: 'Delete', label: 'Reject', disabledReason: 'This result is held: decide on it first.' },
  ]);
  return (
    <>
      <ScreenHead
        title="Results"
        right={
          <>
            <ScanEcho code={scan} text="serum, shown 06:41" />
            <Field
              label="Find"
              labelAt="hidden"
              placeholder="Find in results"
              width={170}
              prefixIcon={<IconSearch size={14} stroke={1.6} aria-hidden="true" />}
              suffix={<Keycap keyName="F3" />}
            />
          </>
        }
      >
        <SegmentedFilter
          label="Filter"
          value={filter}
          onChange={setFilter}
          options={[
            { id: 'decide', label: 'To decide', count: 22 },
            { id: 'held', label: 'Held', count: 10 },
            { id: 'ready', label: 'Ready', count: 11 },
            { id: 'blocked', label: 'Blocked', count: 1 },
            { id: 'released', label: 'Released', count: 417 },
            { id: 'all', label: 'All today', count: 439 },
          ]}
        />
        <SegmentedFilter
          label="Order"
          altKeys={false}
          value={by}
          onChange={setBy}
          options={[
            { id: 'specimen', label: 'By specimen' },
            { id: 'test', label: 'By test' },
          ]}
        />
      </ScreenHead>
      <ScreenBody
        panel={
          <Panel
            label="Why"
            foot={
              <>
                <Button primary keyName="F7">
                  Ask for new specimen
                </Button>
                <Button keyName="F5">Rerun</Button>
                <Button keyName="F10">Record call</Button>
              </>
            }
          >
            <PanelSection>
              <div className="lv-row">
                <PatientName name={{ text: row.line[3] }} size="title" />
                <span className="lv-grow" />
                {row.line[2] ? <Tag>STAT</Tag> : null}
              </div>
              <div className="lv-row">
                <span className="lv-strong">F · 61 y</span>
                <span className="lv-text-2">14 Mar 1965</span>
                <span className="lv-text-2">
                  MRN <span className="lv-mono">4410 2387</span>
                </span>
              </div>
              <div className="lv-caption">Ward 6B · serum, drawn 05:52, received 06:18</div>
            </PanelSection>
            <PanelSection>
              <div className="lv-medium">{row.line[5]}</div>
              <div className="lv-row" style={{ justifyContent: 'space-between', alignItems: 'flex-end' }}>
                <Value text={row.line[6]} unit={row.line[7]} flag={row.line[8] || undefined} size="focus" />
                <span style={{ display: 'grid', justifyItems: 'end', gap: 4 }}>
                  {row.line[8] === 'HH' ? <State kind="criticalHigh" word="HH critical" /> : null}
                  <span className="lv-caption">
                    range {formatRange(row.line[9] ?? undefined, row.line[10] ?? undefined)} · adult, serum
                  </span>
                </span>
              </div>
            </PanelSection>
            <PanelSection
              title="Held by 3 of 14 rules"
              tone="held"
              glyph="held"
              keyName="F4"
              detail="rule set 12"
            >
              <Because glyph="diamond" title="Critical" numbers="6.8 > 6.2">
                Upper critical limit, adult
              </Because>
              <Because glyph="delta" title="Delta" numbers="+2.7 in 24 h">
                4.1 on 28 Jul 05:47. Limit ±1.0 in 24 h
              </Because>
              <Because glyph="flag" title="Haemolysis" numbers="H-index 182">
                Limit 100 mg/dL for K. Also holds LDH, AST
              </Because>
              <ReasonBox>
                <b>To release:</b> a new specimen, or F8 with a comment after the call. Rerun will not help
                while H-index is above 100.
              </ReasonBox>
            </PanelSection>
            <PanelSection title="History" detail="6 of 6 on this station">
              <Trend
                name={row.line[5]}
                low={3.5}
                high={5.1}
                critical={[{ value: 6.2, label: 'critical above 6.2' }]}
                points={['12 Jun', '24 Jun', '6 Jul', '19 Jul', '28 Jul', '29 Jul'].map((label, at) => {
                  const value = [4, 4.2, 4.1, 4.3, 4.1, 6.8][at] ?? 0;
                  return {
                    id: label,
                    label,
                    value,
                    text: formatValueText(value.toFixed(1)),
                    flag: at === 5 ? 'crit' : undefined,
                  };
                })}
              />
            </PanelSection>
            <PanelSection>
              <Facts
                rows={[
                  {
                    label: 'Instrument',
                    value: (
                      <>
                        <b className="lv-medium">CHEM1</b> 06:36:12 · flag{' '}
                        <span className="lv-mono">HEM</span>
                      </>
                    ),
                  },
                  { label: 'Reagent', value: 'lot 77215 · calibrated 28 Jul 21:40' },
                  { label: 'QC 05:31', value: <State kind="inControl" word="L1 −0.4" /> },
                ]}
              />
            </PanelSection>
            <PanelSection title="Comment" keyName="F6">
              <TextField label="Comment" labelHidden value={comment} onChange={setComment} />
            </PanelSection>
          </Panel>
        }
      >
        <Grid
          label="Results"
          rows={shown}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          blockOf={by === 'specimen' ? blockOf : undefined}
          selected={selected}
          onSelect={setSelected}
        />
        <BulkBar
          actions={
            <>
              <Button keyName="Escape" onClick={() => setSelected(new Set())}>
                Clear
              </Button>
              <Button primary keyName="F8" onClick={release}>
                Release 10
              </Button>
            </>
          }
        >
          <span className="lv-strong">{selected.size} selected</span>
          <span className="lv-strip-line" />
          <State
            kind="ready"
            word={
              <>
                <b>10</b> can be released
              </>
            }
          />
          <State
            kind="blocked"
            word={
              <>
                <b>1</b> stays: Sodium 0426, QC rejected on CHEM2
              </>
            }
          />
        </BulkBar>
      </ScreenBody>
    </>
  );
}
