import { IconServer2 } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { InstrumentsScreen } from './InstrumentsScreen.tsx';
import './instruments.css';
import './tools.css';

export const screen: ScreenDefinition = {
  id: 'instruments',
  icon: IconServer2,
  badge: (strip) => strip.badges.instruments,
  Screen: InstrumentsScreen,
};
