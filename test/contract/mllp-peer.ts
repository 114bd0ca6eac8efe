import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const SB = '\x0b';
const EB = '\x1c\r';

/** An analyser's side of an MLLP line, as simple as can be: sends blocks and waits for those it is sent. Text is UTF-8. */
export class MllpPeer {
  readonly #socket: Socket;
  readonly #received: string[] = [];
  #text = '';
  #wake: () => void = () => {};
  #number = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      this.#text += text;
      for (let end = this.#text.indexOf(EB); end >= 0; end = this.#text.indexOf(EB)) {
        this.#received.push(this.#text.slice(this.#text.indexOf(SB) + 1, end));
        this.#text = this.#text.slice(end + EB.length);
      }
      this.#wake();
    });
  }

  static async connect(port: number): Promise<MllpPeer> {
    for (let tries = 0; ; tries += 1) {
      const socket = connect({ host: '127.0.0.1', port });
      const up = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(() => false),
      ]).catch(() => false);
      if (up) return new MllpPeer(socket);
      if (tries > 40) throw new Error(`nobody listens on ${port}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Sends a message; gives its control id. `more`: MSH-11 and what follows. */
  send(type: string, segments: readonly string[], more = 'P|2.5.1|||NE|AL', id?: string): string {
    this.#number += 1;
    const controlId = id ?? `DEV${this.#number}`;
    const header = `MSH|^~\\&|ANA|LAB|LEVEY|B1|20260729064205||${type}|${controlId}|${more}`;
    this.#socket.write(`${SB}${[header, ...segments].join('\r')}\r${EB}`);
    return controlId;
  }

  /** The next message of this type, as segments; others are left. Rejects after 10 s. */
  async next(type: string): Promise<string[]> {
    const until = Date.now() + 10_000;
    for (;;) {
      const at = this.#received.findIndex((one) => one.split('|')[8]?.startsWith(type));
      const [found] = at < 0 ? [] : this.#received.splice(at, 1);
      if (found !== undefined) return found.split('\r').filter((segment) => segment !== '');
      const left = until - Date.now();
      if (left <= 0) throw new Error(`no ${type}; here: ${this.#received.map((one) => one.split('|')[8])}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(left, 500));
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }

  /** Messages that nobody has asked for yet, by type. */
  left(): string[] {
    return this.#received.map((one) => one.split('|')[8] ?? '');
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A field of the first segment of that name; in MSH counted as HL7 does. */
export function fieldOf(message: readonly string[], segment: string, number: number): string {
  const found = message.find((one) => one.startsWith(`${segment}|`)) ?? '';
  return found.split('|')[segment === 'MSH' ? number - 1 : number] ?? '';
}
