import { type ScreenDefinition, type ScreenId, screenDigits } from './screen.ts';

const features = import.meta.glob<{ screen: ScreenDefinition }>('../features/*/index.ts', { eager: true });

/** Every screen that is there, in the order of the rail (1 to 9, then 0). A folder of features/ with an `index.ts` that exports `screen` is enough. */
export const screens: readonly ScreenDefinition[] = inOrder(
  Object.values(features).map((feature) => feature.screen),
);

/** Sorts as the rail stands: by digit, 0 last; places below others after them. */
export function inOrder(found: readonly ScreenDefinition[]): readonly ScreenDefinition[] {
  const place = (id: ScreenId): number =>
    screenDigits[id] === '' ? 10 : (Number(screenDigits[id]) + 9) % 10;
  return [...found].sort((a, b) => place(a.id) - place(b.id));
}
