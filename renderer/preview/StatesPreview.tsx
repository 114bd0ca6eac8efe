import type { ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { Field } from '../ui/Field.tsx';
import { Glyph } from '../ui/Glyph.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import { Banner, EmptyState } from '../ui/Layout.tsx';
import { PatientName } from '../ui/PatientName.tsx';
import { PlaceholderRows, ProgressBar } from '../ui/ProgressBar.tsx';
import { ScanEcho } from '../ui/ScanBox.tsx';
import { SegmentedFilter } from '../ui/SegmentedFilter.tsx';
import { State, type StateProps } from '../ui/State.tsx';
import { capColours, TubeCap } from '../ui/TubeCap.tsx';
import { UndoStrip } from '../ui/UndoBar.tsx';
import { Unit, Value } from '../ui/Value.tsx';

const groups: [string, [StateProps, string, string][]][] = [
  [
    'Value',
    [
      [{ kind: 'criticalHigh' }, 'critical', 'solid, two triangles'],
      [{ kind: 'criticalLow' }, 'critical', 'solid, two triangles'],
      [{ kind: 'high' }, 'abnormal', 'filled triangle'],
      [{ kind: 'low' }, 'abnormal', 'filled triangle'],
      [{ kind: 'delta' }, 'delta', 'open triangle'],
      [{ kind: 'instrumentFlag', word: 'H-index' }, 'instrument flag', 'pennant'],
    ],
  ],
  [
    'Verdict',
    [
      [{ kind: 'held', reason: 'delta' }, 'waits for a person', 'pause in a square'],
      [{ kind: 'ready' }, 'may be released', 'target ring'],
      [{ kind: 'blocked', reason: 'QC' }, 'may not be released', 'barred circle'],
      [{ kind: 'released', reason: 'auto' }, 'final here', 'tick in a ring'],
      [{ kind: 'signed', detail: '06:55' }, 'immutable', 'seal, solid ink'],
      [{ kind: 'corrected' }, 'new version', 'lines and pen'],
      [{ kind: 'rejected' }, 'specimen or control', 'filled octagon'],
    ],
  ],
  [
    'Control',
    [
      [{ kind: 'inControl' }, '', 'small dot'],
      [{ kind: 'warning', word: '1-2s' }, 'warning', 'open triangle, !'],
      [{ kind: 'rejected', word: '1-3s' }, 'reject', 'filled octagon'],
      [{ kind: 'overdue' }, 'due', 'dashed clock'],
      [{ kind: 'excluded' }, 'out of the rules', 'struck ring'],
      [{ kind: 'notEvaluated' }, 'SD missing', 'dashes'],
    ],
  ],
  [
    'Record',
    [
      [{ kind: 'local' }, 'on this station', 'screen'],
      [{ kind: 'queued' }, 'goes up by itself', 'arrow up'],
      [{ kind: 'onServer' }, 'the server has it', 'filled cloud'],
      [{ kind: 'refused' }, 'server said no', 'open octagon'],
      [{ kind: 'conflict' }, 'both changed', 'pause in a square'],
      [{ kind: 'stale' }, 'newer exists', 'dashed clock'],
      [{ kind: 'offline', reason: 'working here' }, 'calm', 'open cloud'],
    ],
  ],
  [
    'Line, label, tube',
    [
      [{ kind: 'lineReady' }, '', 'dot'],
      [{ kind: 'receiving' }, 'bytes arriving', 'arrow down'],
      [{ kind: 'off' }, 'switched off', 'ring'],
      [{ kind: 'noAnswer' }, 'link lost', 'filled octagon'],
      [{ kind: 'printed' }, '', 'tick in a ring'],
      [{ kind: 'printing' }, '', 'arrow down'],
      [{ kind: 'scanNow' }, 'current step', 'half disc'],
    ],
  ],
];
const tokens = [
  'canvas',
  'surface',
  'surface-2',
  'line',
  'line-strong',
  'line-control',
  'text',
  'text-2',
  'text-3',
  'accent',
  'crit',
  'crit-fill',
  'abn',
  'held',
  'ok',
  'quiet',
  'ink',
];

/** Every state and pattern on one sheet, to compare with the reference. */
export function StatesPreview() {
  return (
    <div className="pv-sheet">
      <div>
        <h1>States: a shape and a word, then colour</h1>
        {groups.map(([title, states]) => (
          <section key={title}>
            <h2>{title}</h2>
            {states.map(([state, word, shape]) => (
              <div key={`${state.kind}${shape}`} className="pv-state">
                <State {...state} />
                <span className="lv-text-2">{word}</span>
                <span className="lv-text-3">{shape}</span>
              </div>
            ))}
          </section>
        ))}
      </div>
      <div>
        <h1>Colour does one job each</h1>
        {tokens.map((token) => (
          <div key={token} className="pv-token">
            <i style={{ background: `var(--${token})` }} />
            <span className="lv-mono">{token}</span>
          </div>
        ))}
        <h2>Type</h2>
        <div>
          <Value text="6.8" size="focus" /> 30/34 focus value
        </div>
        <div>
          <PatientName name={{ family: 'Nguyễn', given: 'Thị Hương' }} size="title" /> 16/22 patient
        </div>
        <div>
          <Value text="139.4" unit="mmol/L" /> <Value text="" /> <Value text="<5" unit="10*9/L" flag="L" />{' '}
          <Unit unit="umol/L" />
        </div>
        <div className="lv-mono">26-210-0418 0O 1lI</div>
        <h2>Controls</h2>
        <div className="lv-row">
          <Button primary keyName="F8">
            Release 10
          </Button>
          <Button keyName="F5">Rerun</Button>
          <Button keyName="F8" disabledReason="The report has no comment yet.">
            Sign
          </Button>
        </div>
        <div className="lv-row pv-gap">
          <Field label="Value" labelAt="hidden" defaultValue="5.40" suffix="mmol/L" width={140} />
          <Field label="Value" labelAt="hidden" placeholder="mmol/L" width={120} />
        </div>
        <SegmentedFilter
          label="Filter"
          value="all"
          onChange={() => undefined}
          options={[
            { id: 'all', label: 'All', count: 439 },
            { id: 'held', label: 'Held', count: 10 },
          ]}
        />
        <div className="lv-row pv-gap">
          {capColours.slice(0, 6).map((cap) => (
            <TubeCap key={cap} cap={cap} named />
          ))}
        </div>
      </div>
      <div>
        <h1>Empty, error, working, asking</h1>
        <Part title="Empty: says what to do">
          <div className="pv-box">
            <EmptyState
              title="Nothing is held."
              next="Last result 06:41. New ones appear here by themselves."
              action={<Button keyName="Alt+5">Show released today</Button>}
            />
          </div>
        </Part>
        <Part title="Error: what happened, what is safe, what to do">
          <Banner
            tone="crit"
            title="CHEM1 does not answer since 06:40."
            action={<Button keyName="F5">Try again</Button>}
          >
            All 1 182 results are stored. Check its cable and power.
          </Banner>
        </Part>
        <Part title="Long work: rows appear as they come, and it can be stopped">
          <div className="pv-box">
            <ProgressBar label="Printing 31 labels" done={13} total={31} onStop={() => undefined} />
            <PlaceholderRows />
          </div>
        </Part>
        <Part title="Reversible: done at once, can be undone">
          <UndoStrip text="Rerun asked for Potassium 0418" onUndo={() => undefined} />
        </Part>
        <Part title="Wrong scan: says what it was">
          <div className="pv-box pv-pad">
            <ScanEcho code="0103453120000011" text="is a reagent box. Scan a tube." />
          </div>
        </Part>
        <Part title="Field: says what is accepted">
          <Field
            label="Value"
            labelAt="hidden"
            defaultValue="5,4O"
            suffix="mmol/L"
            width={150}
            error="Not a number: the last sign is a letter O"
          />
        </Part>
        <Part title="Not connected yet">
          <span className="lv-row lv-text-2">
            <Glyph name="none" /> No printer. Labels wait in the queue. Choose one in Admin{' '}
            <Keycap keyName="0" />
          </span>
        </Part>
        {location.search.includes('confirm') ? (
          <ConfirmDialog
            question={{
              title: 'Release 10 results?',
              text: '5 specimens, 5 patients. All rules passed. 3 are abnormal, none critical.',
              confirm: 'Release 10',
              pin: true,
            }}
            onAnswer={() => undefined}
          />
        ) : null}
      </div>
      <div id="lv-portals" />
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
