import { useEffect, useId, useRef } from 'react';
import { createStore } from 'zustand/vanilla';
import { announce } from '../ui/announce.ts';

/** A small icon in the palette. */
export type CommandIcon =
  | 'do'
  | 'why'
  | 'filter'
  | 'print'
  | 'find'
  | 'go'
  | 'person'
  | 'specimen'
  | 'setting'
  | 'lock';

/** A key of a screen: it feeds the bottom strip, the palette and the key sheet (F1). */
export interface ScreenKey {
  /** `F8`, `Delete`, `Ctrl+N`, `Alt+5`, `Enter`, `Space`, `ArrowDown`, `H`. Letters without Ctrl do not fire while typing. */
  key: string;
  label: string;
  /** Missing: the key is handled where the focus is (arrows in a grid) and only shown here. */
  run?: () => void;
  /** Why it cannot act now: dims the key; pressing it says this. */
  disabledReason?: string | undefined;
  /** Bold in the strip: the screen's forward key. */
  primary?: boolean;
  /** Caps to draw instead of `key`, for pairs: `['ArrowUp', 'ArrowDown']`. */
  caps?: readonly string[];
  /** Second line of the palette entry: what it would act on. */
  detail?: string;
  icon?: CommandIcon;
  /** False keeps it out of the bottom strip (still in palette and key sheet). */
  strip?: boolean;
  /** False keeps it out of the palette. By default keys with `run` are in it. */
  palette?: boolean;
  /** Keys of the same number stand together; a thin line separates groups. F-keys are 1, editing keys 0, Ctrl 2 by default. */
  group?: number;
}

interface Layer {
  readonly id: string;
  readonly kind: LayerKind;
  readonly keys: readonly ScreenKey[];
}

/** `base`: the shell's own; `screen`: what is open; `overlay`: a dialog or the palette, nothing below it is reached. */
export type LayerKind = 'base' | 'screen' | 'overlay';

interface KeyState {
  readonly layers: readonly Layer[];
}

/** All keys that act now, in the order in which they were registered. */
export const keyStore = createStore<KeyState>(() => ({ layers: [] }));

/** Adds or replaces a layer. Returns the way to take it away. */
export function setKeyLayer(id: string, kind: LayerKind, keys: readonly ScreenKey[]): () => void {
  keyStore.setState(({ layers }) => {
    const index = layers.findIndex((layer) => layer.id === id);
    const layer = { id, kind, keys };
    return { layers: index < 0 ? [...layers, layer] : layers.map((old, at) => (at === index ? layer : old)) };
  });
  return () => dropKeyLayer(id);
}

function dropKeyLayer(id: string): void {
  keyStore.setState(({ layers }) => ({ layers: layers.filter((layer) => layer.id !== id) }));
}

/** The key's name as {@link ScreenKey.key} writes it, from a keyboard event. */
export function keyNameOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'code'>,
): string {
  let name = event.key === ' ' ? 'Space' : event.key;
  if (event.altKey && /^Digit\d$/.test(event.code)) name = event.code.slice(5);
  if (name.length === 1) name = name.toUpperCase();
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey && name.length > 1) parts.push('Shift');
  return [...parts, name].join('+');
}

/** True where letters and digits are text: inputs, text areas, editable elements. Buttons and check boxes are not. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type);
}

/** Keys that belong to the text while typing, and Enter and Space to a focused button. */
function belongsToFocus(name: string, target: EventTarget | null): boolean {
  if (isTyping(target)) {
    if (/^F\d+$/.test(name) || name === 'Escape') return false;
    if (/^Ctrl\+/.test(name))
      return ['Ctrl+Z', 'Ctrl+A', 'Ctrl+C', 'Ctrl+V', 'Ctrl+X', 'Ctrl+Y'].includes(name);
    return !/^Alt\+\d$/.test(name);
  }
  if (name !== 'Enter' && name !== 'Space') return false;
  return (
    target instanceof HTMLElement && target.closest('button, a[href], [role="checkbox"], input') !== null
  );
}

/** The layers that can be reached: from the newest down to and including the newest overlay. */
export function reachableLayers(layers: readonly Layer[]): readonly Layer[] {
  const overlay = layers.findLastIndex((layer) => layer.kind === 'overlay');
  if (overlay >= 0) return [layers[overlay]!];
  const rank = { base: 0, screen: 1, overlay: 2 };
  return [...layers].sort((a, b) => rank[a.kind] - rank[b.kind]);
}

/** The keys that act now, newest first within a screen, without doubles. */
export function activeKeys(layers: readonly Layer[]): readonly ScreenKey[] {
  const seen = new Map<string, ScreenKey>();
  for (const layer of reachableLayers(layers)) for (const key of layer.keys) seen.set(key.key, key);
  return [...seen.values()];
}

/**
 * Runs the key's action. Returns true when the key is known here: a dimmed one says why instead.
 * Called by the window's one listener; tests call it directly.
 */
export function pressKey(name: string, target: EventTarget | null): boolean {
  if (belongsToFocus(name, target)) return false;
  const found = activeKeys(keyStore.getState().layers).find((key) => key.key === name);
  if (found === undefined || (found.run === undefined && found.disabledReason === undefined)) return false;
  if (found.disabledReason !== undefined) announce(found.disabledReason);
  else found.run?.();
  return true;
}

/** Listens on the window. Returns the way to stop. */
export function listenForKeys(page: Window): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = keyNameOf(event);
    // A key held down repeats a move, never an act.
    if (event.repeat && !/^(Arrow|Page)/.test(name)) return;
    if (pressKey(name, event.target)) event.preventDefault();
  };
  page.addEventListener('keydown', onKeyDown);
  return () => page.removeEventListener('keydown', onKeyDown);
}

/** What of a key the strip, palette and key sheet show: when this changes, they are told. */
function shownPart(keys: readonly ScreenKey[]): string {
  return JSON.stringify(keys.map(({ run, ...shown }) => [shown, run !== undefined]));
}

function useLayer(kind: LayerKind, keys: readonly ScreenKey[]): void {
  const id = useId();
  const latest = useRef(keys);
  latest.current = keys;
  const shown = shownPart(keys);
  useEffect(() => {
    // Between a change of the keys and this effect the layer is a moment old: what the key is now decides, by its name and not by its place.
    const act = (name: string): void => {
      const now = latest.current.findLast((key) => key.key === name);
      if (now?.disabledReason !== undefined) announce(now.disabledReason);
      else now?.run?.();
    };
    const layer = (JSON.parse(shown) as [Omit<ScreenKey, 'run'>, boolean][]).map(
      ([key, acts]): ScreenKey => (acts ? { ...key, run: () => act(key.key) } : key),
    );
    setKeyLayer(id, kind, layer);
  }, [id, kind, shown]);
  useEffect(() => () => dropKeyLayer(id), [id]);
}

/**
 * The keys of a screen or of a part of it, while it is mounted. May be called with a new array at every render: only what
 * is shown decides whether the strip changes, and the newest action runs. Several calls add up; for one key the later wins.
 */
export function useScreenKeys(keys: readonly ScreenKey[]): void {
  useLayer('screen', keys);
}

/** The shell's own keys, below every screen. */
export function useBaseKeys(keys: readonly ScreenKey[]): void {
  useLayer('base', keys);
}

/** The keys of a dialog, a menu or the palette: while it is open no key below it acts. */
export function useOverlayKeys(keys: readonly ScreenKey[]): void {
  useLayer('overlay', keys);
}
