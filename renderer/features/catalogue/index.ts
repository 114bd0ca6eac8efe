import { IconBook2 } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { CatalogueScreen } from './CatalogueScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'catalogue',
  icon: IconBook2,
  Screen: CatalogueScreen,
};
