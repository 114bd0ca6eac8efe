import type { QueryInput, QueryName, QueryRow } from '../../shared/ipc/contract.ts';
import type { Outcome } from './client.ts';
import { engineClient } from './hooks.ts';

/**
 * Asks a live query once: its rows as they are now, then it is let go. For questions between two keys (what was scanned), not for what
 * is on screen. Never rejects; `engine.away` when the engine is not there.
 */
export function lookUp<N extends QueryName>(
  name: N,
  args: QueryInput<N>,
): Promise<Outcome<readonly QueryRow<N>[]>> {
  const client = engineClient();
  if (client === null) return Promise.resolve({ ok: false, error: away });
  return new Promise((resolve) => {
    const { store, release } = client.watch(name, args);
    const look = (): boolean => {
      const { state, rows, error } = store.getState();
      if (state === 'loading') return false;
      // The caller's release must not run inside the store's own notification.
      queueMicrotask(release);
      if (state === 'live') resolve({ ok: true, value: rows });
      else resolve({ ok: false, error: error ?? away });
      return true;
    };
    if (look()) return;
    const stop = store.subscribe(() => {
      if (look()) stop();
    });
  });
}

const away = {
  code: 'engine.away',
  what: 'The engine is not running at this moment.',
  safe: 'Nothing was changed.',
  todo: 'Try again in a moment.',
};
