import { IconChartDots3 } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { QcScreen } from './QcScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'qc',
  icon: IconChartDots3,
  badge: (strip) => strip.badges.qc,
  Screen: QcScreen,
};
