import { IconTestPipe } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { ResultsScreen } from './ResultsScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'results',
  icon: IconTestPipe,
  badge: (strip) => strip.badges.results,
  Screen: ResultsScreen,
};
