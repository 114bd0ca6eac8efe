import { IconPhoneCall } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { TasksScreen } from './TasksScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'tasks',
  icon: IconPhoneCall,
  badge: (strip) => strip.badges.tasks,
  Screen: TasksScreen,
};
