import net from 'node:net';
import { LeveyError } from '../../../shared/errors.ts';
import type { Timers } from '../timers.ts';

/** Where a raw printer listens, and how long to wait for it. Times in milliseconds. */
export interface PrinterAddress {
  host: string;
  /** Usually 9100. */
  port: number;
  /** Until the connection stands; 3000 by default. */
  connectMs?: number;
  /** Without any progress while a job is being taken; 10 000 by default. */
  stallMs?: number;
  /** For the answer to a status question; 700 by default. A printer that never answers is still printed to. */
  statusMs?: number;
  /** Ask for the printer's state before and after a job; true by default. */
  askStatus?: boolean;
}

/** A printer's host status return (`~HS`), as far as a bench needs it. */
export interface PrinterStatus {
  paperOut: boolean;
  paused: boolean;
  headOpen: boolean;
  ribbonOut: boolean;
  /** Labels received and not yet printed. */
  waiting: number;
}

/** What is known after a job was handed over. */
export interface PrintReceipt {
  /** True when the printer itself said afterwards that nothing stops it; false when it does not answer questions. */
  confirmed: boolean;
}

/** A failed job. `maybePrinted` is false only where no byte of the label can have reached paper. */
export class PrinterError extends LeveyError {
  readonly maybePrinted: boolean;

  constructor(
    code: string,
    what: string,
    todo: string,
    maybePrinted: boolean,
    extra: { cause?: unknown; address: PrinterAddress },
  ) {
    super({
      code,
      what,
      safe: maybePrinted
        ? 'The label may have come out. It is not printed again without being asked for.'
        : 'Nothing was printed; the label stays in the queue.',
      todo,
      details: { host: extra.address.host, port: extra.address.port },
      cause: extra.cause,
    });
    this.name = 'PrinterError';
    this.maybePrinted = maybePrinted;
  }
}

/**
 * Prints one job on a raw TCP printer: one connection, state asked first, the whole job written, state asked again, connection closed by
 * us and seen closed. A printer that is out of paper is told before the first byte.
 * @throws PrinterError codes `printer.refused`, `printer.unreachable`, `printer.timeout`, `printer.paper`, `printer.head-open`,
 * `printer.ribbon`, `printer.paused`, `printer.broken`.
 */
export async function sendJob(address: PrinterAddress, zpl: string, timers: Timers): Promise<PrintReceipt> {
  const line = new PrinterLine(address, timers);
  try {
    await line.open();
    const before = await line.status();
    if (before !== undefined) refuseUnlessReady(before, address, false);
    await line.write(zpl);
    const after = before === undefined ? undefined : await line.status();
    if (after !== undefined) refuseUnlessReady(after, address, true);
    await line.close();
    return { confirmed: after !== undefined };
  } finally {
    line.destroy();
  }
}

/**
 * Asks a printer for its state; undefined when it takes connections but does not answer.
 * @throws PrinterError `printer.refused`, `printer.unreachable`, `printer.timeout`, `printer.broken`.
 */
export async function askPrinter(
  address: PrinterAddress,
  timers: Timers,
): Promise<PrinterStatus | undefined> {
  const line = new PrinterLine({ ...address, askStatus: true }, timers);
  try {
    await line.open();
    const status = await line.status();
    await line.close();
    return status;
  } finally {
    line.destroy();
  }
}

/** Reads a host status return: three strings between STX and ETX. Undefined while it is not whole or makes no sense. */
export function parseStatus(text: string): PrinterStatus | undefined {
  const strings = [...text.matchAll(/\u0002([^\u0003]*)\u0003/g)].map((match) => (match[1] ?? '').split(','));
  const [first, second] = strings;
  if (strings.length < 3 || first === undefined || second === undefined) return undefined;
  if (first.length < 12 || second.length < 11) return undefined;
  return {
    paperOut: first[1] === '1',
    paused: first[2] === '1',
    waiting: Number(first[4]) || 0,
    headOpen: second[2] === '1',
    ribbonOut: second[3] === '1',
  };
}

function refuseUnlessReady(status: PrinterStatus, address: PrinterAddress, sent: boolean): void {
  const stop = (code: string, what: string, todo: string): never => {
    throw new PrinterError(code, what, todo, sent, { address });
  };
  if (status.headOpen) stop('printer.head-open', 'The printer is open.', 'Close the print head.');
  if (status.paperOut) stop('printer.paper', 'The printer is out of labels.', 'Put in a roll.');
  if (status.ribbonOut) stop('printer.ribbon', 'The printer is out of ribbon.', 'Put in a ribbon.');
  if (status.paused) stop('printer.paused', 'The printer is paused.', 'Press its pause key.');
}

/** One connection. Any failure after the first byte of a label counts as "may have been printed". */
class PrinterLine {
  readonly #address: PrinterAddress;
  readonly #timers: Timers;
  readonly #socket = new net.Socket();
  #received = '';
  #wake: () => void = () => undefined;
  #failure: Error | undefined;
  #ended = false;
  #writing = false;

  constructor(address: PrinterAddress, timers: Timers) {
    this.#address = address;
    this.#timers = timers;
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => {
      // A status return is under 100 bytes; a talkative device is not stored without bound.
      this.#received = (this.#received + chunk.toString('latin1')).slice(-4096);
      this.#wake();
    });
    this.#socket.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async open(): Promise<void> {
    let connected = false;
    this.#socket.once('connect', () => {
      connected = true;
      this.#wake();
    });
    this.#socket.connect(this.#address.port, this.#address.host);
    const inTime = await this.#until(() => connected, this.#address.connectMs ?? 3000);
    if (!inTime) throw this.#timeout('The printer does not take the connection.');
  }

  /** Asks once; undefined without a whole answer in time. */
  async status(): Promise<PrinterStatus | undefined> {
    if (this.#address.askStatus === false) return undefined;
    this.#received = '';
    this.#socket.write('~HS\r\n');
    let status: PrinterStatus | undefined;
    await this.#until(() => {
      status = parseStatus(this.#received);
      return status !== undefined;
    }, this.#address.statusMs ?? 700);
    return status;
  }

  /** Hands over the whole job; every part the printer takes restarts the clock. */
  async write(zpl: string): Promise<void> {
    const bytes = Buffer.from(zpl, 'utf8');
    this.#writing = true;
    for (let at = 0; at < bytes.length; at += 16_384) {
      let taken = false;
      this.#socket.write(bytes.subarray(at, at + 16_384), () => {
        taken = true;
        this.#wake();
      });
      const inTime = await this.#until(() => taken, this.#address.stallMs ?? 10_000);
      if (!inTime) throw this.#timeout('The printer stopped taking the label.');
    }
  }

  /** Says that nothing more comes and waits until the printer has seen it. */
  async close(): Promise<void> {
    this.#socket.end();
    const inTime = await this.#until(() => this.#ended, this.#address.stallMs ?? 10_000);
    if (!inTime) throw this.#timeout('The printer did not finish the connection.');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits for a condition, a broken line (thrown) or the time limit (false). */
  async #until(done: () => boolean, limitMs: number): Promise<boolean> {
    let late = false;
    const cancel = this.#timers.set(limitMs, () => {
      late = true;
      this.#wake();
    });
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#broken(this.#failure);
        if (done()) return true;
        if (this.#ended) throw this.#broken(new Error('closed by the printer'));
        if (late) return false;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      cancel();
    }
  }

  #timeout(what: string): PrinterError {
    const todo = 'Look whether the printer is on and not showing an error.';
    return new PrinterError('printer.timeout', what, todo, this.#writing, { address: this.#address });
  }

  #broken(cause: Error): PrinterError {
    const address = this.#address;
    const code = 'code' in cause ? cause.code : undefined;
    if (code === 'ECONNREFUSED') {
      const what = 'The printer refuses the connection.';
      const todo = 'Look whether it is on, and whether its address is right.';
      return new PrinterError('printer.refused', what, todo, false, { address, cause });
    }
    if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      const what = 'The printer cannot be reached on the network.';
      const todo = 'Look at its cable and its address.';
      return new PrinterError('printer.unreachable', what, todo, this.#writing, { address, cause });
    }
    const what = 'The connection to the printer broke.';
    const todo = this.#writing ? 'Look whether the label came out.' : 'Look at the printer.';
    return new PrinterError('printer.broken', what, todo, this.#writing, { address, cause });
  }
}
