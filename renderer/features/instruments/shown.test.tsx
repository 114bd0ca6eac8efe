// @vitest-environment happy-dom
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LineRow, TraceRow } from '../../../shared/ipc/instruments.ts';
import type { PreviewRow, ReplaySide } from '../../../shared/ipc/tools.ts';
import { i18next, startI18n } from '../../i18n/index.ts';
import { Needs } from './columns.tsx';
import { EntryForm } from './mapping/EntryForm.tsx';
import { Summary } from './mapping/PreviewPane.tsx';
import { typedOf } from './mapping/read.ts';
import { eventText, Trace } from './monitor/Trace.tsx';
import { Side } from './replay/columns.tsx';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
let root: ReturnType<typeof createRoot>;
beforeEach(async () => {
  startI18n();
  await i18next.changeLanguage('en');
  document.body.innerHTML = '<div id="root"></div>';
  root = createRoot(document.querySelector('#root') as HTMLElement);
});
afterEach(async () => {
  act(() => root.unmount());
  await i18next.changeLanguage('en');
});
const show = (node: ReactNode): string => {
  act(() => root.render(node));
  return document.body.textContent ?? '';
};
const words = (name: 'instruments' | 'replay', language = 'en') => i18next.getFixedT(language, name);

const line = (state: LineRow['state'], more: Partial<LineRow> = {}): LineRow =>
  ({ state, problem: null, exceptions: 0, untold: [], owner: null, ...more }) as LineRow;

it('a line that does not answer needs somebody to look at it, one that works needs nothing', () => {
  const needs = (row: LineRow): string =>
    show(<Needs line={row} unstored={false} t={words('instruments')} />);
  expect(needs(line('noAnswer'))).toBe('check the line');
  expect(needs(line('failed'))).toBe('check the line');
  expect(needs(line('ready'))).toBe('nothing');
  expect(needs(line('off'))).toBe('switched off');
  expect(needs(line('noAnswer', { exceptions: 2 }))).toBe('2 exceptions');
  expect(show(<Needs line={line('ready')} unstored t={words('instruments')} />)).toBe('cannot be stored');
});

it('a problem in the trace is told in its sentences, in the language of the window', async () => {
  const problem =
    'instrument.portInUse: Another program, dcm4che, is already listening on 0.0.0.0:5001.\n' +
    'Nothing was lost: analysers keep what could not be sent. Levey tries again by itself.\n' +
    'End the other program, or choose another port in the station file and in the analyser.';
  expect(eventText(problem, words('instruments'))).toBe(
    problem.slice(problem.indexOf(' ') + 1).replaceAll('\n', ' '),
  );
  await i18next.changeLanguage('de');
  const german = eventText(problem, words('instruments', 'de'));
  expect(german).toContain('Ein anderes Programm, dcm4che, nutzt 0.0.0.0:5001 schon.');
  expect(german).toContain('Nichts ging verloren');
  expect(german).toContain('Das andere Programm beenden');
  expect(eventText('line lost: the other side broke the connection off', words('instruments', 'de'))).toBe(
    'Leitung verloren: die Gegenseite brach die Verbindung ab',
  );
});

it('L11 a frame that was right and is refused all the same is said to be not stored', () => {
  const piece = (id: string, direction: TraceRow['direction'], mark: string): TraceRow => ({
    ...{ id, direction, mark, at: '2026-11-22T08:00:00.000Z', text: mark, note: '', tone: 'plain' },
    message: null,
  });
  const trace = (...rows: TraceRow[]): string =>
    show(<Trace label="CHEM1" rows={rows} hex={false} search="" cursor={null} onCursor={() => undefined} />);
  expect(trace(piece('1', 'in', 'frame'), piece('2', 'out', 'nak'))).toContain('not stored');
  expect(trace(piece('1', 'in', 'refused'), piece('2', 'out', 'nak'))).not.toContain('not stored');
});

it('what a replay finds is said in German too: status, and why it is held', async () => {
  await i18next.changeLanguage('de');
  const side: ReplaySide = {
    ...{ testCode: 'K', value: '4.1', unit: 'mmol/L', flags: '' },
    ...{ status: 'final', held: 'unit not mapped (posted by hand)' },
  };
  const text = show(<Side side={side} differs={[]} t={words('replay', 'de')} />);
  expect(text).toContain('endgültig');
  expect(text).toContain('Einheit nicht zugeordnet (posted by hand)');
});

it('of a message that cannot be read nothing is counted', () => {
  const preview = { unreadable: 'There is no message.', results: [] } as unknown as PreviewRow;
  const text = show(<Summary preview={preview} before={undefined} />);
  expect(text).toBe('not read: no result can be counted');
  const read = { unreadable: '', results: [] } as unknown as PreviewRow;
  expect(show(<Summary preview={read} before={undefined} />)).toContain('0 would post');
});

it('what is wrong with an entry is said at its field, which has the focus', () => {
  const form = (wrong: string | undefined) =>
    show(
      <EntryForm
        title="New test code"
        editing={{
          ...{ kind: 'tests', typed: typedOf('tests', null), wrong, below: null, tests: [] },
          ...{ onType: () => undefined, onKeep: () => undefined, onCancel: () => undefined },
        }}
      />,
    );
  form(undefined);
  expect(document.querySelectorAll('[role="alert"], [aria-invalid="true"]')).toHaveLength(0);
  expect(form('test')).toContain('Choose a test.');
  const test = document.querySelector('[role="combobox"]');
  expect(test?.getAttribute('aria-invalid')).toBe('true');
  expect(document.querySelector('[role="alert"]')?.id).toBe(test?.getAttribute('aria-describedby'));
  expect(document.activeElement).toBe(test);
});
