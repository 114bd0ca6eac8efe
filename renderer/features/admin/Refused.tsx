import type { PlainError } from '../../../shared/errors.ts';
import { EmptyState } from '../../ui/Layout.tsx';

/** A view that this person may not see: the engine's own words. */
export function Refused({ error }: { error: PlainError | undefined }) {
  return (
    <div className="adm-refused">
      <EmptyState title={error?.what ?? ''} next={error === undefined ? '' : `${error.safe} ${error.todo}`} />
    </div>
  );
}
