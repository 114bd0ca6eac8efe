import { IconScan } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { AccessionScreen } from './AccessionScreen.tsx';

export const screen: ScreenDefinition = { id: 'accession', icon: IconScan, Screen: AccessionScreen };
