import { useEffect, useId, useRef } from 'react';
import { createStore } from 'zustand/vanilla';
import { activeKeys, type CommandIcon, keyStore, type ScreenKey } from './keys.ts';

/** A command of the palette without a key of its own, or one that is there on every screen. */
export interface PaletteCommand {
  id: string;
  label: string;
  detail?: string;
  icon?: CommandIcon;
  /** Drawn at the right end. */
  keyName?: string;
  run: () => void;
  /** Why it cannot act now; choosing it says so. */
  disabledReason?: string | undefined;
}

interface Registered {
  readonly owner: string;
  readonly where: 'screen' | 'anywhere';
  readonly commands: readonly PaletteCommand[];
}

export const commandStore = createStore<{ registered: readonly Registered[] }>(() => ({ registered: [] }));

/**
 * Adds commands to the palette while the component is mounted: `screen` ones stand first, `anywhere` ones below. Keys given to
 * `useScreenKeys` are in the palette by themselves.
 */
export function useCommands(where: 'screen' | 'anywhere', commands: readonly PaletteCommand[]): void {
  const owner = useId();
  const latest = useRef(commands);
  latest.current = commands;
  const shown = JSON.stringify(commands.map(({ run, ...rest }) => rest));
  useEffect(() => {
    const own = (JSON.parse(shown) as Omit<PaletteCommand, 'run'>[]).map(
      (command, index): PaletteCommand => ({ ...command, run: () => latest.current[index]?.run() }),
    );
    commandStore.setState(({ registered }) => ({
      registered: [...registered.filter((entry) => entry.owner !== owner), { owner, where, commands: own }],
    }));
  }, [owner, where, shown]);
  useEffect(
    () => () =>
      commandStore.setState(({ registered }) => ({
        registered: registered.filter((entry) => entry.owner !== owner),
      })),
    [owner],
  );
}

/** All commands that there are now, in two lists. Call it when the palette opens, before its own keys are registered. */
export function allCommands(): { screen: readonly PaletteCommand[]; anywhere: readonly PaletteCommand[] } {
  const { layers } = keyStore.getState();
  const { registered } = commandStore.getState();
  const of = (where: 'screen' | 'anywhere') =>
    registered.filter((entry) => entry.where === where).flatMap((entry) => entry.commands);
  const keysOf = (kind: 'screen' | 'base') =>
    activeKeys(layers.filter((layer) => layer.kind === kind))
      .filter((key) => key.palette !== false && (key.run !== undefined || key.disabledReason !== undefined))
      .map(asCommand);
  // Filters are many and alike: they stand after what can be done.
  const own = [...keysOf('screen'), ...of('screen')].sort(
    (a, b) => Number(a.icon === 'filter') - Number(b.icon === 'filter'),
  );
  return { screen: own, anywhere: [...of('anywhere'), ...keysOf('base')] };
}

function asCommand(key: ScreenKey): PaletteCommand {
  return {
    id: `key-${key.key}`,
    label: key.label,
    keyName: key.key,
    icon: key.icon ?? 'do',
    run: () => key.run?.(),
    disabledReason: key.disabledReason,
    ...(key.detail === undefined ? {} : { detail: key.detail }),
  };
}

/** Where `typed` stands in `label`, without regard to case and accents; null when it does not. An empty text matches at 0. */
export function matchAt(label: string, typed: string): { from: number; to: number } | null {
  const plain = (text: string): string =>
    [...text]
      .map((c) => c.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().slice(0, c.length) || c)
      .join('');
  const from = plain(label).indexOf(plain(typed.trim()));
  return from < 0 ? null : { from, to: from + typed.trim().length };
}
