import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { engineNode } from '../../build/paths.ts';
import { run as runProgram } from '../../build/run.ts';
import { ENGINE_FLAGS } from '../../shared/ipc/engine-flags.ts';
import type { EngineToShell, ShellToEngine } from '../../shared/ipc/envelope.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';
import { DEMO_SECRET } from '../sim/demo-people.ts';
import { staff } from '../sim/laboratory/index.ts';
import { BENCH_KEY } from './filled-store.ts';

const QUIET_MS = 400;
const MB = 1_048_576;

/** An engine as the shell has it: a child that speaks over its channel. */
export class EngineChild {
  readonly #child: ReturnType<typeof fork>;
  readonly #answers = new Map<number, (message: ToWindow) => void>();
  readonly #started = performance.now();
  #heap: ((megabytes: number) => void) | undefined;
  #id = 0;
  #heardAt = 0;
  /** Milliseconds from the start of the process to its `ready`. */
  readonly ready: Promise<number>;

  /** @param nodeOptions for the engine's Node, e.g. `--cpu-prof` */
  constructor(program: string, dataDir: string, file: string, nodeOptions: readonly string[] = []) {
    this.#child = fork(program, {
      execPath: engineNode,
      execArgv: [...ENGINE_FLAGS, ...nodeOptions],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.ready = new Promise((resolve, reject) => {
      this.#child.on('message', (raw) => {
        const from = raw as EngineToShell;
        this.#heardAt = performance.now();
        if (from.type === 'ready') resolve(performance.now() - this.#started);
        if (from.type === 'failed') reject(new Error(from.error.what));
        if ((raw as { type: string }).type === 'benchHeap')
          this.#heap?.((raw as { heapUsed: number }).heapUsed / MB);
        if (from.type === 'to-window') {
          const message = from.message as ToWindow;
          this.#answers.get(message.id)?.(message);
        }
      });
      this.#child.once('exit', (code) => reject(new Error(`the engine ended with code ${code}`)));
    });
    this.ready.catch(() => undefined);
    this.#send({ type: 'start', dataDir, stationFile: file, key: BENCH_KEY.slice(), demo: true });
  }

  /** Opens a window's connection and signs in. */
  async signIn(): Promise<void> {
    this.#send({ type: 'client', clientId: 'bench', event: 'opened' });
    const args = { username: staff.lead.username, secret: DEMO_SECRET };
    await this.#ask({ type: 'command', name: 'access.signIn', args });
  }

  /**
   * Opens a live query and keeps it open. `changed` is told the rows of the snapshot and of every delta when they arrive here.
   * @returns milliseconds to its first rows, and how many they are
   */
  async watch<R extends { id: string }>(
    name: string,
    args: unknown,
    changed?: (rows: readonly R[]) => void,
  ): Promise<{ ms: number; rows: number }> {
    const started = performance.now();
    const answer = await this.#ask({ type: 'watch', name, args }, (message) => {
      if (message.type === 'snapshot') changed?.(message.rows as R[]);
      else if (message.type === 'delta') changed?.(message.delta.put as R[]);
    });
    return { ms: performance.now() - started, rows: answer.type === 'snapshot' ? answer.rows.length : 0 };
  }

  /** Waits until the engine has said nothing for a while: what a live query reads behind its first rows is done. */
  async quiet(): Promise<void> {
    while (performance.now() - this.#heardAt < QUIET_MS) {
      await new Promise((done) => setTimeout(done, QUIET_MS / 4));
    }
  }

  /** Resident memory now, in MB. */
  async memory(): Promise<number> {
    const ran = await runProgram('ps', ['-o', 'rss=', '-p', String(this.#child.pid)]);
    const kilobytes = Number(ran.output.trim());
    if (!(kilobytes > 0)) throw new Error(`ps did not tell the memory of the engine: ${ran.output}`);
    return (kilobytes * 1024) / MB;
  }

  /** What the engine holds on its heap and beside it after collecting garbage, in MB; it has to be started with `replicate-heap.ts`. */
  heap(): Promise<number> {
    return new Promise((resolve) => {
      this.#heap = resolve;
      process.kill(this.#child.pid as number, 'SIGUSR2');
    });
  }

  /** Asks for something as a window does. */
  async command(name: string, args: unknown): Promise<void> {
    await this.#ask({ type: 'command', name, args });
  }

  /** Processor time of all its threads so far, in ms; the system counts in steps of 10. Undefined where it does not tell. */
  async processor(): Promise<number | undefined> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#send({ type: 'shutdown' });
    await ended;
  }

  #send(message: ShellToEngine): void {
    this.#child.send(message);
  }

  #ask(
    message:
      | { type: 'command'; name: string; args: unknown }
      | { type: 'watch'; name: string; args: unknown },
    heard?: (message: ToWindow) => void,
  ): Promise<ToWindow> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        heard?.(answer);
        if (answer.type === 'failed' || answer.type === 'watchFailed') reject(new Error(answer.error.what));
        else if (answer.type !== 'delta') resolve(answer);
      });
      this.#send({ type: 'to-engine', clientId: 'bench', message: { ...message, id } });
    });
  }
}
