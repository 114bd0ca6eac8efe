import type { Icon } from '@tabler/icons-react';
import type { FunctionComponent } from 'react';
import type { StripRow } from '../../shared/ipc/strip.ts';

/** The places of the left rail. */
export type ScreenId =
  | 'accession'
  | 'worklists'
  | 'results'
  | 'qc'
  | 'signout'
  | 'instruments'
  | 'tasks'
  | 'catalogue'
  | 'sync'
  | 'admin'
  | 'server';

/** The digit of each place: always the same, whether or not all of them are there. One without stands below another, not in the rail. */
export const screenDigits: Record<ScreenId, string> = {
  accession: '1',
  worklists: '2',
  results: '3',
  qc: '4',
  signout: '5',
  instruments: '6',
  tasks: '7',
  catalogue: '8',
  sync: '9',
  admin: '0',
  server: '',
};

/** What a feature folder exports as `screen` from its `index.ts`. Its word in the rail is `app:screens.<id>`. */
export interface ScreenDefinition {
  id: ScreenId;
  icon: Icon;
  /** For a place without a digit: the one of the rail it belongs to. */
  under?: ScreenId;
  /** How many things wait there, from the strip; 0 shows nothing. */
  badge?: (strip: StripRow) => number;
  /** The screen itself: head and body; the shell draws everything around it. */
  Screen: FunctionComponent;
}
