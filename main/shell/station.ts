/** The shell's view of one station: its data directory, its key, its engine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type PlainError, toPlainError } from '../../shared/errors.ts';
import type { EngineState, PrintJob, StartMessage } from '../../shared/ipc/envelope.ts';
import { forkEngine } from './engine-process.ts';
import { EngineSupervisor } from './engine-supervisor.ts';
import { type Keychain, KeyStore, readKeyFile } from './key-store.ts';

export interface StationParts {
  dataDir: string;
  stationFile: string;
  keyFile: string | null;
  demo: boolean;
  node: string;
  engine: string;
  keychain: Keychain;
  onState(state: EngineState): void;
  onReady(): void;
  toWindow(clientId: string, message: unknown): void;
  print(job: PrintJob): void;
}

/** Gets the key, then runs the engine with it. */
export class Station {
  readonly supervisor: EngineSupervisor;
  readonly #parts: StationParts;
  readonly #keys: KeyStore;
  #key: Uint8Array | null = null;
  #state: EngineState = { phase: 'starting' };

  constructor(parts: StationParts) {
    this.#parts = parts;
    mkdirSync(parts.dataDir, { recursive: true, mode: 0o700 });
    this.#keys = new KeyStore(parts.dataDir, parts.keychain);
    this.supervisor = new EngineSupervisor({
      spawn: (events) => forkEngine(parts.node, parts.engine, events),
      startMessage: () => this.#startMessage(),
      now: () => performance.now(),
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      onState: (state) => {
        const wasRunning = this.#state.phase === 'running';
        this.#setState(state);
        if (state.phase === 'running' && !wasRunning) parts.onReady();
      },
      onMessage: (message) => {
        if (message.type === 'to-window') parts.toWindow(message.clientId, message.message);
        else parts.print(message);
      },
    });
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Finds the key and starts the engine; or asks for the passphrase, or says what is wrong. */
  async start(): Promise<void> {
    try {
      if (this.#parts.keyFile !== null) {
        this.#key = await readKeyFile(this.#parts.keyFile);
      } else {
        const need = await this.#keys.open();
        if (need.kind === 'passphrase') {
          this.#setState({ phase: 'locked', fresh: need.fresh, why: null });
          return;
        }
        this.#key = need.key;
      }
    } catch (error) {
      this.#setState({ phase: 'stopped', why: toPlainError(error) });
      return;
    }
    this.supervisor.start();
  }

  /** Answers the phase `locked`; in any other phase it does nothing. */
  async givePassphrase(passphrase: string): Promise<void> {
    if (this.#state.phase !== 'locked') return;
    const { fresh } = this.#state;
    this.#setState({ phase: 'starting' });
    try {
      this.#key = await this.#keys.openWith(passphrase);
    } catch (error) {
      const why: PlainError = toPlainError(error);
      const again = why.code === 'key.passphrase' || why.code === 'key.passphrase-short';
      this.#setState(again ? { phase: 'locked', fresh, why } : { phase: 'stopped', why });
      return;
    }
    this.supervisor.start();
  }

  /** A person asked for a new start: of the engine, or of the search for the key when that was what failed. */
  async restart(): Promise<void> {
    if (this.#key === null) {
      if (this.#state.phase !== 'locked') await this.start();
      return;
    }
    await this.supervisor.restart();
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    this.#key?.fill(0);
    this.#key = null;
  }

  #startMessage(): StartMessage {
    if (this.#key === null) throw new Error('the engine was started without a key');
    const { dataDir, stationFile, demo } = this.#parts;
    return { type: 'start', dataDir, stationFile, key: this.#key.slice(), demo };
  }

  #setState(state: EngineState): void {
    this.#state = state;
    this.#parts.onState(state);
  }
}

/** Where things lie, packaged or not. `resources` is Electron's resources directory. */
export function places(
  packaged: boolean,
  appPath: string,
  resources: string,
): Record<'node' | 'engine' | 'renderer' | 'preload', string> {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return {
    node: packaged ? join(resources, 'node', program) : join(appPath, 'node_modules', 'node', 'bin', program),
    engine: packaged ? join(resources, 'engine', 'main.js') : join(appPath, 'out', 'engine', 'main.js'),
    renderer: join(appPath, 'out', 'renderer'),
    preload: join(appPath, 'out', 'preload', 'index.cjs'),
  };
}
