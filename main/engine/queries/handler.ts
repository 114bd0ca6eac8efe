import type { QueryArgs, QueryName, QueryRow } from '../../../shared/ipc/contract.ts';
import type { Call } from '../bench.ts';
import type { Topic } from '../live/hub.ts';

/** A live query: what it listens to, and its rows in order. It must be cheap: it runs again at every change of a topic. */
export interface QueryHandler<N extends QueryName> {
  topics: readonly Topic[] | ((args: QueryArgs<N>) => readonly Topic[]);
  run: (call: Call, args: QueryArgs<N>) => Promise<QueryRow<N>[]>;
}

/** A group of live queries: keeps each typed by its name. */
export type QueryHandlers<N extends QueryName> = { [K in N]: QueryHandler<K> };
