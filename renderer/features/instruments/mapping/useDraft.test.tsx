// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProfileShowRow } from '../../../../shared/ipc/tools.ts';
import { emptyOverlay } from '../../../../shared/profiles/overlay.ts';
import { startI18n } from '../../../i18n/index.ts';
import { withEntry } from './draft.ts';
import { useDraft } from './useDraft.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const saved = (id: string) => ({ id, overlay: emptyOverlay(), overlayVersion: 1 }) as ProfileShowRow;
let draft: ReturnType<typeof useDraft>;
function View({ line, person }: { line: string; person: string }) {
  draft = useDraft(saved(line), person);
  return null;
}
let root: ReturnType<typeof createRoot>;
beforeEach(() => {
  startI18n();
  document.body.innerHTML = '<div id="root"></div>';
  root = createRoot(document.querySelector('#root') as HTMLElement);
});
afterEach(() => act(() => root.unmount()));
const look = (line: string, person = 'mia'): void =>
  act(() => root.render(<View line={line} person={person} />));
const change = (code: string): void =>
  act(() => draft.edit((overlay) => withEntry(overlay, { kind: 'notResults', code, text: 'a setting' })));

it('keeps what is drafted for one line while another is edited, and shows it to nobody else', () => {
  look('CHEM1');
  change('TEMP');
  look('HEM1');
  expect(draft.changes).toBe(0);
  change('LOT');
  change('DATE');
  expect(draft.changes).toBe(2);
  look('CHEM1');
  expect(draft.changes).toBe(1);
  expect(draft.overlay?.notResults.map(({ code }) => code)).toEqual(['TEMP']);
  look('CHEM1', 'omar');
  expect(draft.changes).toBe(0);
  look('HEM1');
  act(() => draft.undo());
  expect(draft.changes).toBe(1);
  act(() => draft.discard());
  expect(draft.changes).toBe(0);
  look('CHEM1');
  expect(draft.changes).toBe(1);
  act(() => draft.discard());
});
