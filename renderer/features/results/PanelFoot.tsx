import type { ResultRow } from '../../../shared/ipc/results.ts';
import type { ScreenKey } from '../../app/keys.ts';
import { Button } from '../../ui/Button.tsx';
import { isOpen } from './rows.ts';

/** The buttons of the panel: the forward one first. They are the keys of the screen, so both always say the same. */
export function PanelFoot({
  keys,
  row,
  callDue,
  selecting,
}: {
  keys: readonly ScreenKey[];
  row: ResultRow;
  callDue: boolean;
  /** Rows are selected: releasing them stands in the bar below the grid. */
  selecting: boolean;
}) {
  const wanted = isOpen(row)
    ? callDue
      ? ['F10', 'F8', 'F5']
      : ['F8', 'F5', 'Delete']
    : callDue
      ? ['F10', 'F2']
      : row.verdict === 'released'
        ? ['F2']
        : [];
  const shown = wanted
    .filter((name) => name !== 'F8' || !selecting)
    .map((name) => keys.find((key) => key.key === name))
    .filter((key) => key !== undefined);
  if (shown.length === 0) return null;
  return shown.map((key, index) => (
    <Button
      key={key.key}
      keyName={key.key}
      primary={index === 0 && key.disabledReason === undefined && isForward(key.key)}
      wide={index === 0}
      disabledReason={key.disabledReason}
      onClick={() => key.run?.()}
    >
      {key.label}
    </Button>
  ));
}

/** Correcting, measuring again and rejecting are never the step that is expected next. */
const isForward = (name: string): boolean => name === 'F8' || name === 'F10';
