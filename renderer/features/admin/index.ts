import { IconSettings } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { AdminScreen } from './AdminScreen.tsx';
import './admin.css';

export const screen: ScreenDefinition = { id: 'admin', icon: IconSettings, Screen: AdminScreen };
