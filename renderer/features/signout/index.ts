import { IconSignature } from '@tabler/icons-react';
import type { ScreenDefinition } from '../../app/screen.ts';
import { SignoutScreen } from './SignoutScreen.tsx';

export const screen: ScreenDefinition = {
  id: 'signout',
  icon: IconSignature,
  badge: (strip) => strip.badges.signout,
  Screen: SignoutScreen,
};
