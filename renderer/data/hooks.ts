import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  QueryInput,
  QueryName,
  QueryRow,
} from '../../shared/ipc/contract.ts';
import { type EngineClient, type Outcome, stableText } from './client.ts';
import { createLiveStore, type Live } from './live.ts';

const current = createStore<{ client: EngineClient | null }>(() => ({ client: null }));

/** Sets the client that `command` and `useLive` use: once at start, and in tests. */
export function setEngineClient(client: EngineClient | null): void {
  current.setState({ client });
}

/** The client, or null before the window is connected. */
export function engineClient(): EngineClient | null {
  return current.getState().client;
}

/** Gives a command to the engine. Always resolves: `{ ok: true, value }` or `{ ok: false, error }` with three sentences. */
export async function command<N extends CommandName>(
  name: N,
  args: CommandInput<N>,
): Promise<Outcome<CommandResult<N>>> {
  const client = engineClient();
  if (client !== null) return client.command(name, args);
  return {
    ok: false,
    error: {
      code: 'engine.away',
      what: 'The window is not connected to the engine.',
      safe: 'Nothing was changed.',
      todo: 'Try again in a moment.',
    },
  };
}

const idle = createLiveStore<{ id: string }>();

/**
 * Watches a live query while the component is mounted. Arguments are compared by content; null watches nothing (`loading`, no rows).
 * While new arguments load, their store is empty: rows of other arguments are never shown under them.
 */
export function useLive<N extends QueryName>(
  name: N,
  args: QueryInput<N> | null,
): Live<QueryRow<N> & { id: string }> {
  const client = useStore(current, (state) => state.client);
  const key = args === null ? null : stableText(args);
  const [watched, setWatched] = useState<{ key: string; client: EngineClient; store: unknown } | null>(null);
  useEffect(() => {
    if (client === null || key === null) return;
    const { store, release } = client.watch(name, JSON.parse(key) as QueryInput<N>);
    setWatched({ key: `${name} ${key}`, client, store });
    return release;
  }, [client, name, key]);
  const mine =
    watched !== null && key !== null && watched.key === `${name} ${key}` && watched.client === client;
  return useStore((mine ? watched.store : idle) as typeof idle) as Live<QueryRow<N> & { id: string }>;
}

/** A live query of one row: the row, or undefined until it is there. */
export function useLiveOne<N extends QueryName>(
  name: N,
  args: QueryInput<N> | null,
): (QueryRow<N> & { id: string }) | undefined {
  return useLive(name, args).rows[0];
}
