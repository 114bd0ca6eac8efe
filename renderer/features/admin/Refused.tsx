import type { PlainError } from '../../../shared/errors.ts';
import { engineText } from '../../i18n/engine.ts';
import { EmptyState } from '../../ui/Layout.tsx';

/** A view that this person may not see: the engine's own words. */
export function Refused({ error }: { error: PlainError | undefined }) {
  return (
    <div className="adm-refused">
      <EmptyState
        title={engineText('errors', error?.what ?? '')}
        next={
          error === undefined
            ? ''
            : [error.safe, error.todo].map((one) => engineText('errors', one)).join(' ')
        }
      />
    </div>
  );
}
