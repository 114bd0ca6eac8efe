import type { ScreenKey } from '../../../app/keys.ts';

const caps = {
  across: ['ArrowLeft', 'ArrowRight'],
  down: ['ArrowUp', 'ArrowDown'],
} as const;

/** Keys that stand under another's cap or are known to everybody: neither in the strip nor in the palette. */
export const quiet = { palette: false, strip: false } as const;

/** Two arrows as one entry of the strip. @param disabledReason why there is nowhere to go */
export function arrowKeys(
  way: keyof typeof caps,
  label: string,
  step: (by: 1 | -1) => void,
  disabledReason?: string,
): ScreenKey[] {
  const [back, on] = caps[way];
  const both = { label, palette: false };
  return [
    { key: back, ...both, caps: caps[way], run: () => step(-1), group: 0, disabledReason },
    { key: on, ...both, run: () => step(1), strip: false },
  ];
}
