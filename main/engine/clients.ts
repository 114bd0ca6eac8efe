import { LeveyError, toPlainError } from '../../shared/errors.ts';
import { type CommandName, commands, type QueryName, queries } from '../../shared/ipc/contract.ts';
import type { ToEngine, ToWindow } from '../../shared/ipc/messages.ts';
import { authorise, type Session } from './access/sessions.ts';
import type { Bench, Call } from './bench.ts';
import { commandHandlers } from './commands/index.ts';
import { queryHandlers } from './queries/index.ts';

interface Client {
  session: Session;
  send: (message: ToWindow) => void;
  watches: Map<number, { stop: () => void; message: Extract<ToEngine, { type: 'watch' }> }>;
}

function badArguments(name: string, detail: string): LeveyError {
  return new LeveyError({
    code: 'contract.arguments',
    what: `${name}: ${detail}`,
    safe: 'Nothing was changed.',
    todo: 'Correct what is named and try again.',
  });
}

/** Parses, authorises and runs what windows ask. One instance per engine. */
export class Clients {
  readonly #bench: Bench;
  readonly #clients = new Map<string, Client>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** A window opened. `send` carries messages to it. */
  open(clientId: string, send: (message: ToWindow) => void): void {
    this.close(clientId);
    this.#clients.set(clientId, {
      session: this.#bench.sessions.open(clientId, this.#bench.clock.now()),
      send,
      watches: new Map(),
    });
  }

  /** A window closed: its live queries end and its session is gone. */
  close(clientId: string): void {
    const client = this.#clients.get(clientId);
    if (client === undefined) return;
    for (const watch of client.watches.values()) watch.stop();
    this.#clients.delete(clientId);
    this.#bench.sessions.close(clientId);
  }

  /** A message from a window. Anything malformed is answered or ignored, never thrown. */
  async receive(clientId: string, raw: unknown): Promise<void> {
    const client = this.#clients.get(clientId);
    if (client === undefined || typeof raw !== 'object' || raw === null) return;
    const message = raw as ToEngine;
    if (message.type === 'alive') {
      client.session.aliveAt = this.#bench.clock.now().getTime();
    } else if (message.type === 'command') {
      client.session.aliveAt = this.#bench.clock.now().getTime();
      await this.#command(client, message);
    } else if (message.type === 'watch') {
      await this.#watch(client, message);
    } else if (message.type === 'unwatch') {
      client.watches.get(message.id)?.stop();
      client.watches.delete(message.id);
    }
  }

  /** Locks windows nobody touched for the station's idle time. */
  lockIdle(): void {
    const limit = this.#bench.station.idleMinutes * 60_000;
    const now = this.#bench.clock.now();
    for (const { session } of this.#clients.values()) {
      if (session.personId === null || session.locked || now.getTime() - session.aliveAt < limit) continue;
      session.locked = true;
      this.#bench.store.note(
        {
          actor: session.personId,
          command: 'access.idleLock',
          station: this.#bench.station.code,
          at: now.toISOString(),
        },
        'lock',
        { why: 'idle' },
      );
      this.#sessionChanged(session.clientId);
    }
  }

  async #call(client: Client, command: string): Promise<Call> {
    const { session } = client;
    const who =
      session.personId === null ? undefined : await this.#bench.store.get('people', session.personId);
    const at = this.#bench.clock.now().toISOString();
    return {
      bench: this.#bench,
      session,
      who,
      at,
      context: { actor: who?.id ?? 'nobody', command, station: this.#bench.station.code, at },
    };
  }

  async #command(client: Client, message: Extract<ToEngine, { type: 'command' }>): Promise<void> {
    const { id, name } = message;
    try {
      const spec = Object.hasOwn(commands, name) ? commands[name as CommandName] : undefined;
      if (spec === undefined) throw badArguments(name, 'there is no such command');
      const call = await this.#call(client, name);
      try {
        authorise(client.session, call.who, spec.allowed);
      } catch (error) {
        this.#bench.store.note(call.context, 'refused', { why: toPlainError(error).code });
        throw error;
      }
      const args = spec.args.safeParse(message.args);
      if (!args.success) {
        throw badArguments(
          name,
          args.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '),
        );
      }
      const before = `${client.session.personId}:${client.session.locked}`;
      const handler = commandHandlers[name as CommandName] as (call: Call, args: unknown) => Promise<unknown>;
      const value = await handler(call, args.data);
      if (`${client.session.personId}:${client.session.locked}` !== before)
        this.#sessionChanged(client.session.clientId);
      client.send({ type: 'done', id, value });
    } catch (error) {
      if (!(error instanceof LeveyError)) {
        this.#bench.log.error('command.failed', {
          name,
          error: error instanceof Error ? error.stack : String(error),
        });
      }
      client.send({ type: 'failed', id, error: toPlainError(error) });
    }
  }

  async #watch(client: Client, message: Extract<ToEngine, { type: 'watch' }>): Promise<void> {
    const { id, name } = message;
    client.watches.get(id)?.stop();
    client.watches.delete(id);
    try {
      const spec = Object.hasOwn(queries, name) ? queries[name as QueryName] : undefined;
      if (spec === undefined) throw badArguments(name, 'there is no such query');
      const args = spec.args.safeParse(message.args);
      if (!args.success) {
        throw badArguments(
          name,
          args.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '),
        );
      }
      const handler = queryHandlers[name as QueryName];
      const run = handler.run as (call: Call, args: unknown) => Promise<{ id: string }[]>;
      const topics =
        typeof handler.topics === 'function' ? handler.topics(args.data as never) : handler.topics;
      const stop = this.#bench.hub.watch({
        id,
        topics: [...topics, `channel:session:${client.session.clientId}`],
        send: client.send,
        run: async () => {
          const call = await this.#call(client, name);
          authorise(client.session, call.who, spec.allowed);
          return run(call, args.data);
        },
      });
      client.watches.set(id, { stop, message });
    } catch (error) {
      client.send({ type: 'watchFailed', id, error: toPlainError(error) });
    }
  }

  #sessionChanged(clientId: string): void {
    this.#bench.hub.changed([`channel:session:${clientId}`]);
  }
}
