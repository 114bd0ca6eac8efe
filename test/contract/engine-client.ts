import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { type Engine, type EngineOptions, startEngine } from '../../main/engine/engine.ts';
import type { PlainError } from '../../shared/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  QueryInput,
  QueryName,
  QueryRow,
} from '../../shared/ipc/contract.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';
import type { Station } from '../../shared/station/schema.ts';

/** A window's side of the contract without a window: speaks the same messages the preload carries. */
export class EngineClient {
  readonly #engine: Engine;
  readonly #clientId: string;
  readonly #waiting = new Map<number, (message: ToWindow) => void>();
  #id = 0;

  constructor(engine: Engine, clientId = 'w1') {
    this.#engine = engine;
    this.#clientId = clientId;
    engine.clients.open(clientId, (message) => this.#waiting.get(message.id)?.(structuredClone(message)));
  }

  /** Gives a command; rejects with the engine's {@link PlainError}. */
  command<N extends CommandName>(name: N, args: CommandInput<N>): Promise<CommandResult<N>> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (message) => {
        this.#waiting.delete(id);
        if (message.type === 'done') resolve(message.value as CommandResult<N>);
        else if (message.type === 'failed') reject(message.error);
      });
      void this.#engine.clients.receive(this.#clientId, { type: 'command', id, name, args });
    });
  }

  /** The error of a command that must fail. */
  async refusal<N extends CommandName>(name: N, args: CommandInput<N>): Promise<PlainError> {
    try {
      await this.command(name, args);
    } catch (error) {
      return error as PlainError;
    }
    throw new Error(`${name} was not refused`);
  }

  /** Watches a query until its rows satisfy `until`; gives them. Without `until` the first snapshot. */
  rows<N extends QueryName>(
    name: N,
    args: QueryInput<N>,
    until: (rows: QueryRow<N>[]) => boolean = () => true,
    ms = 15_000,
  ): Promise<QueryRow<N>[]> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      let byId = new Map<string, QueryRow<N>>();
      let order: string[] = [];
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        void this.#engine.clients.receive(this.#clientId, { type: 'unwatch', id });
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(
            `${name} did not become as expected; last: ${JSON.stringify([...byId.values()]).slice(0, 2_000)}`,
          ),
        );
      }, ms);
      this.#waiting.set(id, (message) => {
        if (message.type === 'watchFailed') {
          end();
          reject(message.error);
          return;
        }
        if (message.type === 'snapshot') {
          byId = new Map((message.rows as QueryRow<N>[]).map((row) => [row.id, row]));
          order = message.rows.map((row) => row.id);
        } else if (message.type === 'delta') {
          for (const row of message.delta.put as QueryRow<N>[]) byId.set(row.id, row);
          order = message.delta.order ?? order;
        }
        const rows = order.map((rowId) => byId.get(rowId)).filter((row) => row !== undefined);
        if (!until(rows)) return;
        end();
        resolve(rows);
      });
      void this.#engine.clients.receive(this.#clientId, { type: 'watch', id, name, args });
    });
  }
}

/** A station's directory: its file, key and data. */
export interface TestStation {
  directory: string;
  dataDir: string;
  stationFile: string;
  /** Hex. */
  key: string;
}

/** Writes a station file and a fresh key into a new temporary directory. */
export function testStation(station: z.input<typeof Station>): TestStation {
  const directory = mkdtempSync(join(tmpdir(), 'levey-test-'));
  // The window's user, who may be another one, reaches the data directory inside.
  chmodSync(directory, 0o711);
  const stationFile = join(directory, 'station.json');
  writeFileSync(stationFile, JSON.stringify(station));
  return { directory, dataDir: join(directory, 'data'), stationFile, key: randomBytes(32).toString('hex') };
}

/** Starts the engine of a test station in this process; its log is silent. */
export function startTestEngine(at: TestStation, more: Partial<EngineOptions> = {}): Promise<Engine> {
  return startEngine({
    dataDir: at.dataDir,
    stationFile: at.stationFile,
    key: Uint8Array.from(Buffer.from(at.key, 'hex')),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    ...more,
  });
}

/** Puts documents into an engine's store as they are, e.g. the catalogue. */
export async function seed(
  engine: Engine,
  documents: Partial<Record<'catalog' | 'patients' | 'orders' | 'people', readonly { id: string }[]>>,
): Promise<void> {
  const at = new Date().toISOString();
  await engine.bench.store.write(
    { actor: 'test', command: 'seed', station: engine.station.code, at },
    async (unit) => {
      for (const [collection, docs] of Object.entries(documents)) {
        for (const doc of docs) unit.put(collection as 'catalog', doc as never, { sync: true });
      }
    },
  );
}
