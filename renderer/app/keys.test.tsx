// @vitest-environment happy-dom
import { act, useLayoutEffect } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announcement } from '../ui/announce.ts';
import { stripKeys } from './BottomStrip.tsx';
import {
  activeKeys,
  keyNameOf,
  keyStore,
  listenForKeys,
  type ScreenKey,
  useBaseKeys,
  useOverlayKeys,
  useScreenKeys,
} from './keys.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
const done: string[] = [];
let root: Root;
let stop: () => void;
beforeEach(() => {
  done.length = 0;
  document.body.innerHTML = '<div id="root"></div><input id="box"><button id="b">x</button>';
  root = createRoot(document.querySelector('#root') as HTMLElement);
  stop = listenForKeys(window);
});
afterEach(() => {
  act(() => root.unmount());
  stop();
});

function press(key: string, target: Element = document.body, more: KeyboardEventInit = {}): boolean {
  return target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }),
  );
}
const Screen = ({ keys }: { keys: ScreenKey[] }) => {
  useScreenKeys(keys);
  return null;
};
const Base = ({ keys }: { keys: ScreenKey[] }) => {
  useBaseKeys(keys);
  return null;
};
const Overlay = ({ keys }: { keys: ScreenKey[] }) => {
  useOverlayKeys(keys);
  return null;
};
/** Presses a key before the keys of the screen have followed a change: as when a row comes in and a key is pressed at once. */
const Early = ({ keys, name }: { keys: ScreenKey[]; name: string }) => {
  useScreenKeys(keys);
  useLayoutEffect(() => {
    if (name !== '') press(name);
  });
  return null;
};
const key = (name: string, tag = name): ScreenKey => ({ key: name, label: tag, run: () => done.push(tag) });

describe('key registry', () => {
  it('runs the newest action and forgets the keys of a screen that went', () => {
    act(() => root.render(<Screen keys={[key('F8', 'one')]} />));
    press('F8');
    act(() => root.render(<Screen keys={[{ key: 'F8', label: 'one', run: () => done.push('two') }]} />));
    press('F8');
    act(() => root.render(null));
    press('F8');
    expect(done).toEqual(['one', 'two']);
    expect(keyStore.getState().layers).toEqual([]);
  });

  it('digits switch screens, but not while typing; F-keys and Alt+digits act there too', () => {
    act(() =>
      root.render(
        <>
          <Base keys={[key('3')]} />
          <Screen keys={[key('F8'), key('Alt+5'), key('Delete')]} />
        </>,
      ),
    );
    const box = document.querySelector('#box') as HTMLElement;
    press('3', box);
    press('Delete', box);
    expect(done).toEqual([]);
    press('F8', box);
    press('5', box, { altKey: true, code: 'Digit5' });
    press('3');
    expect(done).toEqual(['F8', 'Alt+5', '3']);
  });

  it('Enter and Space belong to a focused button, Ctrl+Z to a field', () => {
    act(() => root.render(<Screen keys={[key('Enter'), key('Space'), key('Ctrl+Z')]} />));
    const button = document.querySelector('#b') as HTMLElement;
    press('Enter', button);
    press(' ', button);
    press('z', document.querySelector('#box') as HTMLElement, { ctrlKey: true });
    expect(done).toEqual([]);
    press('z', button, { ctrlKey: true });
    press('Enter');
    expect(done).toEqual(['Ctrl+Z', 'Enter']);
  });

  it('a dimmed key says why and does nothing', () => {
    act(() => root.render(<Screen keys={[{ ...key('F8'), disabledReason: 'Nothing is selected.' }]} />));
    press('F8');
    expect(done).toEqual([]);
    expect(announcement.getState().text).toBe('Nothing is selected.');
  });

  it('a key pressed before the strip has followed does what it is now, and never what stood in its place', () => {
    act(() => root.render(<Early keys={[key('F2'), key('F5'), key('Delete')]} name="" />));
    act(() => root.render(<Early keys={[key('F5'), key('Delete')]} name="F5" />));
    expect(done).toEqual(['F5']);
    act(() => root.render(<Early keys={[key('Delete')]} name="F5" />));
    expect(done).toEqual(['F5']);
    const dimmed = { ...key('Delete'), disabledReason: 'It is ended.' };
    act(() => root.render(<Early keys={[dimmed]} name="Delete" />));
    expect(done).toEqual(['F5']);
    expect(announcement.getState().text).toBe('It is ended.');
  });

  it('no key below an open dialog acts', () => {
    act(() =>
      root.render(
        <>
          <Base keys={[key('3')]} />
          <Screen keys={[key('F8')]} />
          <Overlay keys={[key('Escape')]} />
        </>,
      ),
    );
    press('F8');
    press('3');
    press('Escape');
    expect(done).toEqual(['Escape']);
  });

  it('a key held down repeats a move, never an act', () => {
    act(() => root.render(<Screen keys={[key('F8'), key('ArrowDown')]} />));
    press('F8', document.body, { repeat: true });
    press('ArrowDown', document.body, { repeat: true });
    expect(done).toEqual(['ArrowDown']);
  });

  it('a screen takes precedence over the shell, and a key already taken is left alone', () => {
    act(() =>
      root.render(
        <>
          <Screen keys={[key('F1', 'screen')]} />
          <Base keys={[key('F1', 'base')]} />
        </>,
      ),
    );
    expect(activeKeys(keyStore.getState().layers).map((active) => active.label)).toEqual(['screen']);
    const event = new KeyboardEvent('keydown', { key: 'F1', cancelable: true });
    event.preventDefault();
    window.dispatchEvent(event);
    expect(done).toEqual([]);
  });

  it('names keys as the screens write them', () => {
    const base = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, code: '' };
    expect(keyNameOf({ ...base, key: ' ' })).toBe('Space');
    expect(keyNameOf({ ...base, key: 'k', ctrlKey: true })).toBe('Ctrl+K');
    expect(keyNameOf({ ...base, key: '¡', altKey: true, code: 'Digit1' })).toBe('Alt+1');
    expect(keyNameOf({ ...base, key: 'Tab', shiftKey: true })).toBe('Shift+Tab');
  });

  it('the strip groups keys, puts F-keys in order, and shows at most twelve', () => {
    const shown = stripKeys([
      key('Ctrl+N'),
      key('F8'),
      key('F2'),
      key('Delete'),
      key('Space'),
      { ...key('F3'), strip: false },
    ]);
    expect(shown.map((hint) => hint.key)).toEqual(['Space', 'F2', 'F8', 'Delete', 'Ctrl+N']);
    expect(stripKeys(Array.from({ length: 20 }, (_, at) => key(`F${at + 1}`)))).toHaveLength(12);
  });
});
