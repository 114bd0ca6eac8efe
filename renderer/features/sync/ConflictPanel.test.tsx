// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConflictRow, SyncRecordRow } from '../../../shared/ipc/sync.ts';
import { pressKey } from '../../app/keys.ts';
import { startI18n } from '../../i18n/index.ts';
import { questionStore } from '../../ui/confirm.ts';
import { ConflictPanel } from './ConflictPanel.tsx';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const conflict = (atServer: string): ConflictRow => ({
  id: 'patients:p1',
  collection: 'patients',
  docId: 'p1',
  title: '4410 2387',
  patientName: 'NOLAN Orla',
  why: '',
  signed: false,
  deleted: false,
  hereAt: '2026-07-29T06:10:00.000Z',
  foundAt: '2026-07-29T06:12:00.000Z',
  fields: [
    { name: 'birthDate', here: '1988-04-12', server: '1988-04-21', same: false },
    { name: 'ward', here: '3C, bed 8', server: atServer, same: false },
  ],
});
const record = {
  id: 'patients:p1',
  collection: 'patients',
  docId: 'p1',
  kind: 'patients',
  title: '4410 2387',
  accessionDisplay: '',
  state: 'conflict',
} as SyncRecordRow;
let root: ReturnType<typeof createRoot>;
beforeEach(() => {
  startI18n();
  document.body.innerHTML = '<div id="root"></div>';
  root = createRoot(document.querySelector('#root') as HTMLElement);
});
afterEach(() => {
  questionStore.getState().asked?.answer(false);
  act(() => root.unmount());
});
const show = (atServer: string): void =>
  act(() =>
    root.render(
      <ConflictPanel
        conflict={conflict(atServer)}
        record={record}
        place={{ at: 1, count: 1 }}
        now={new Date('2026-07-29T07:00:00Z')}
        focused
        onLater={() => undefined}
      >
        {null}
      </ConflictPanel>,
    ),
  );
const chosen = (): string[] =>
  [...document.querySelectorAll<HTMLInputElement>('input:checked')].map(
    (input) => input.closest('label')?.getAttribute('title') ?? '',
  );

it('a choice is of two values that were seen: when the server changes one of them it is made again', async () => {
  show('Emergency');
  act(() => void pressKey('3', null));
  expect(chosen()).toEqual(['21 Apr 1988', '3C, bed 8']);
  act(() => void pressKey('F8', null));
  const asked = questionStore.getState().asked;
  expect(asked?.facts?.map((fact) => fact.value)).toEqual(['21 Apr 1988 (server)', '3C, bed 8 (here)']);

  show('Surgery');
  expect(chosen()).toEqual(['21 Apr 1988', 'Surgery']);
  expect(document.body.textContent).toContain('One of the two versions has changed meanwhile.');
  // What was agreed to on the screen before is not what would be done now.
  expect((await asked?.act?.(''))?.code).toBe('sync.changed');

  act(() => void pressKey('3', null));
  expect(chosen()).toEqual(['21 Apr 1988', '3C, bed 8']);
  expect(document.body.textContent).not.toContain('has changed meanwhile');
});
