/** A station of the run: its files, its line to the server, and whichever process of its engine lives at the moment. */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineNode, projectRoot } from '../../build/paths.ts';
import type { CollectionName, DocOf } from '../../shared/documents/index.ts';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  QueryInput,
  QueryName,
  QueryRow,
} from '../../shared/ipc/contract.ts';
import { DEMO_SECRET } from '../sim/demo-people.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import type { Line } from './line.ts';
import type { Answer, Ask } from './messages.ts';

/** The station's process died before it answered: nobody knows what became of the question. */
export class StationGone extends Error {
  override readonly name = 'StationGone';
}

/** The engine refused a command, in the words of its error code. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  constructor(code: string, text: string) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

const ANSWER_MS = 120_000;

/** One station of the laboratory. */
export class Station {
  readonly code: string;
  readonly line: Line;
  readonly #dataDir: string;
  readonly #stationFile: string;
  readonly #key: Uint8Array;
  readonly #waiting = new Map<number, { give: (answer: Answer) => void; gone: () => void }>();
  #child: ChildProcess | null = null;
  /** Its engine runs and somebody is signed in. */
  #ready = false;
  #ended: Promise<void> = Promise.resolve();
  #asked = 0;
  /** How far its clock is off, in ms; takes effect at the next start. */
  skewMs = 0;
  /** Errors its engine logged. */
  readonly errors: string[] = [];

  constructor(options: {
    code: string;
    directory: string;
    template: string;
    key: Uint8Array;
    line: Line;
    path: string;
  }) {
    this.code = options.code;
    this.line = options.line;
    this.#key = options.key;
    this.#dataDir = join(options.directory, options.code);
    this.#stationFile = join(options.directory, `${options.code}.json`);
    cpSync(options.template, this.#dataDir, { recursive: true });
    writeFileSync(
      this.#stationFile,
      JSON.stringify({
        code: options.code,
        name: `Bench ${options.code}`,
        laboratory: { ...LABORATORY },
        separationOfDuties: false,
        server: { url: `http://127.0.0.1:${options.line.port}${options.path}`, pullSeconds: 1 },
      }),
    );
  }

  get alive(): boolean {
    return this.#child !== null;
  }

  /** Starts the engine and signs the pathologist in, who may do everything at a bench. */
  async start(): Promise<void> {
    const child = fork(`${projectRoot}/test/partition/station-process.ts`, [], {
      execPath: engineNode,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.errors.push(text.slice(0, 2_000)));
    child.on('message', (message) => {
      const answer = message as Answer;
      this.#waiting.get(answer.id)?.give(answer);
    });
    this.#ended = new Promise((done) => {
      child.on('exit', () => {
        if (this.#child === child) {
          this.#child = null;
          this.#ready = false;
        }
        for (const one of [...this.#waiting.values()]) one.gone();
        this.#waiting.clear();
        done();
      });
    });
    const { skewMs } = this;
    await this.#send({
      op: 'start',
      dataDir: this.#dataDir,
      stationFile: this.#stationFile,
      key: this.#key,
      skewMs,
    });
    const args = { username: 'byrne', secret: DEMO_SECRET };
    await this.#send({ op: 'command', name: 'access.signIn', args });
    this.#ready = true;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** A clean end. */
  async stop(): Promise<void> {
    if (this.#child === null) return;
    await this.#ask({ op: 'stop' }).catch(() => undefined);
    this.#child?.disconnect();
    await this.#ended;
  }

  command<N extends CommandName>(name: N, args: CommandInput<N>): Promise<CommandResult<N>> {
    return this.#ask({ op: 'command', name, args }) as Promise<CommandResult<N>>;
  }

  rows<N extends QueryName>(name: N, args: QueryInput<N>): Promise<QueryRow<N>[]> {
    return this.#ask({ op: 'rows', name, args }) as Promise<QueryRow<N>[]>;
  }

  find<C extends CollectionName>(collection: C, selector: Record<string, unknown> = {}): Promise<DocOf<C>[]> {
    return this.#ask({ op: 'find', collection, selector }) as Promise<DocOf<C>[]>;
  }

  editPatient(patientId: string, fields: Record<string, string>): Promise<unknown> {
    return this.#ask({ op: 'editPatient', patientId, fields });
  }

  pdf(reportId: string): Promise<string> {
    return this.#ask({ op: 'pdf', reportId }) as Promise<string>;
  }

  /** What its process waits for. */
  active(): Promise<string> {
    return this.#ask({ op: 'active' }) as Promise<string>;
  }

  audit(): Promise<unknown[]> {
    return this.#ask({ op: 'audit' }) as Promise<unknown[]>;
  }

  /** Asks; one that is starting again is as gone as one that is down, for whoever was at work there. */
  #ask(ask: Ask): Promise<unknown> {
    return this.#ready ? this.#send(ask) : Promise.reject(new StationGone(`${this.code} is down`));
  }

  #send(ask: Ask): Promise<unknown> {
    const child = this.#child;
    if (child === null) return Promise.reject(new StationGone(`${this.code} is down`));
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      const end = (then: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        then();
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`${this.code} did not answer: ${ask.op}`))),
        ANSWER_MS,
      );
      this.#waiting.set(id, {
        give: (answer) =>
          end(() => (answer.ok ? resolve(answer.value) : reject(new Refused(answer.code, answer.text)))),
        gone: () => end(() => reject(new StationGone(`${this.code} is gone`))),
      });
      child.send({ id, ask }, () => undefined);
    });
  }
}
