import { IconListCheck } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { WorklistsScreen } from './WorklistsScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'worklists',
  icon: IconListCheck,
  badge: (strip) => strip.badges.worklists,
  Screen: WorklistsScreen,
};
