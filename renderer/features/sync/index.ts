import { IconRefresh } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { SyncScreen } from './SyncScreen.tsx';
import './sync.css';

export const screen: ScreenDefinition = {
  id: 'sync',
  icon: IconRefresh,
  badge: (strip) => strip.badges.sync,
  Screen: SyncScreen,
};
