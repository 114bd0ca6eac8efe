import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Chance } from '../crash/chance.ts';

/**
 * What a line does to what passes: `up` lets it, `refused` closes the port, `cut` breaks connections in the middle of a request, `deaf` lets
 * requests through and breaks before the answer, each by chance.
 */
export type LineState = 'up' | 'refused' | 'cut' | 'deaf';

/** The line between one station and the server: a TCP proxy that can be pulled out. */
export class Line {
  readonly #server: Server;
  readonly #target: number;
  readonly #chance: Chance;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #state: LineState = 'up';
  /** Connections that were broken on purpose. */
  broken = 0;

  private constructor(target: number, chance: Chance) {
    this.#target = target;
    this.#chance = chance;
    this.#server = createServer((socket) => this.#carry(socket));
  }

  /** Opens a line to a port of this machine. */
  static async open(target: number, chance: Chance): Promise<Line> {
    const line = new Line(target, chance);
    await line.#listen();
    return line;
  }

  get port(): number {
    return this.#port;
  }

  get state(): LineState {
    return this.#state;
  }

  /** Changes what the line does; what is under way is broken, unless the line comes up. */
  async set(state: LineState): Promise<void> {
    if (state === this.#state) return;
    this.#state = state;
    if (state !== 'up') this.#break();
    if (state === 'refused') await new Promise<void>((done) => this.#server.close(() => done()));
    else if (!this.#server.listening) await this.#listen();
  }

  async close(): Promise<void> {
    this.#break();
    if (this.#server.listening) await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #listen(): Promise<void> {
    return new Promise((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', fail);
        const address = this.#server.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        done();
      });
    });
  }

  #break(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    const strikes = (state: LineState) => {
      if (this.#state !== state || !this.#chance.happens(0.4)) return false;
      this.broken += 1;
      end();
      return true;
    };
    near.on('data', (bytes) => {
      if (!strikes('cut')) far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!strikes('deaf')) near.write(bytes);
    });
  }
}
