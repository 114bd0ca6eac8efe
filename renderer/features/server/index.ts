import { IconServer } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { ServerScreen } from './ServerScreen.tsx';
import './server.css';

export const screen: ScreenDefinition = {
  id: 'server',
  icon: IconServer,
  under: 'sync',
  Screen: ServerScreen,
};
