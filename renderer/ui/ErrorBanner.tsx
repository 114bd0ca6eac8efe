import type { ReactNode } from 'react';
import type { PlainError } from '../../shared/errors.ts';
import { engineText } from '../i18n/engine.ts';
import { Banner } from './Layout.tsx';

/** What failed, in place: what happened, what is safe, what to do. Shows nothing while there is no error. */
export function ErrorBanner({
  error,
  action,
  note,
}: {
  error: Pick<PlainError, 'what' | 'safe' | 'todo'> | null | undefined;
  action?: ReactNode;
  note?: ReactNode;
}) {
  if (error === null || error === undefined) return null;
  return (
    <Banner tone="crit" title={engineText('errors', error.what)} action={action} note={note}>
      {engineText('errors', error.safe)} {engineText('errors', error.todo)}
    </Banner>
  );
}
