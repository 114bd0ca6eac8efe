import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { renderLabel } from './render.ts';

/** A label the simulated printer got as a whole. */
export interface PrintedLabel {
  /** 1 for the first label since start. */
  number: number;
  /** The bytes from `^XA` to `^XZ`, read as UTF-8. */
  zpl: string;
  /** Files written, when an output directory was given. */
  files?: { zpl: string; png: string };
}

/** Faults that can be switched on and off while the printer runs. */
export interface PrinterSwitches {
  /** Takes a connection and resets it at once. */
  refuse: boolean;
  /** No paper: labels are taken into the buffer and come out when paper is back; `~HS` says so. */
  paperOut: boolean;
  /** The print head is open; `~HS` says so. */
  headOpen: boolean;
  /** Answers `~HS`; many cheap printers do not. */
  answersStatus: boolean;
  /** Milliseconds before each arriving piece is taken. */
  slowMs: number;
  /** Resets the connection after so many bytes of a job (not counting status questions). */
  dropAfterBytes: number | undefined;
}

/** A running simulated printer. */
export interface SimPrinter {
  readonly port: number;
  /** Labels printed so far. */
  readonly labels: PrintedLabel[];
  /** Beginnings of labels whose end never came, one per broken connection. */
  readonly halves: string[];
  readonly control: {
    set(change: Partial<PrinterSwitches>): void;
    /** Stops listening, as when switched off; open connections are cut. */
    goOffline(): Promise<void>;
    /** Listens again on the same port. */
    goOnline(): Promise<void>;
    /** Resolves when so many labels have been printed and written. */
    printed(count: number): Promise<void>;
  };
  stop(): Promise<void>;
}

/** Options of {@link createPrinter}. */
export interface SimPrinterOptions {
  /** TCP port on the loopback interface; 0 lets the system choose. */
  port?: number;
  host?: string;
  /** Where each label is written as `label-0001.zpl` and `.png`; without it nothing is rendered. */
  outDir?: string;
  /** Dots per inch of the print head, for rendering: 203 by default. */
  dpi?: number;
  /** Called with a line per event, for the command line. */
  log?: (line: string) => void;
}

/** Starts a simulated raw label printer (port 9100 style): takes ZPL II, splits it into labels, keeps and renders each. */
export async function createPrinter(options: SimPrinterOptions = {}): Promise<SimPrinter> {
  const printer = new Printer(options);
  if (options.outDir !== undefined) await mkdir(options.outDir, { recursive: true });
  await printer.listen(options.port ?? 0);
  return printer.handle();
}

const OPEN = Buffer.from('^XA');
const CLOSE = Buffer.from('^XZ');
const STATUS = Buffer.from('~HS');

class Printer {
  readonly #options: SimPrinterOptions;
  readonly #switches: PrinterSwitches = {
    refuse: false,
    paperOut: false,
    headOpen: false,
    answersStatus: true,
    slowMs: 0,
    dropAfterBytes: undefined,
  };
  readonly #labels: PrintedLabel[] = [];
  readonly #halves: string[] = [];
  readonly #waitingForPaper: string[] = [];
  readonly #sockets = new Set<net.Socket>();
  #listeners: (() => void)[] = [];
  #server: net.Server | undefined;
  #port = 0;
  #done = 0;
  #printing: Promise<void> = Promise.resolve();

  constructor(options: SimPrinterOptions) {
    this.#options = options;
  }

  handle(): SimPrinter {
    return {
      port: this.#port,
      labels: this.#labels,
      halves: this.#halves,
      control: {
        set: (change) => this.#set(change),
        goOffline: () => this.#close(),
        goOnline: () => this.listen(this.#port),
        printed: (count) => this.#printed(count),
      },
      stop: async () => {
        await this.#close();
        await this.#printing;
      },
    };
  }

  listen(port: number): Promise<void> {
    const server = net.createServer((socket) => this.#connection(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#options.host ?? '127.0.0.1', () => {
        const address = server.address();
        if (address !== null && typeof address === 'object') this.#port = address.port;
        resolve();
      });
    });
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #set(change: Partial<PrinterSwitches>): void {
    Object.assign(this.#switches, change);
    if (!this.#switches.paperOut && !this.#switches.headOpen) {
      for (const zpl of this.#waitingForPaper.splice(0)) this.#print(zpl);
    }
  }

  #connection(socket: net.Socket): void {
    if (this.#switches.refuse) {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    let pending: Buffer = Buffer.alloc(0);
    let jobBytes = 0;
    const take = (chunk: Buffer): void => {
      jobBytes += chunk.length;
      pending = this.#consume(Buffer.concat([pending, chunk]), socket);
      const limit = this.#switches.dropAfterBytes;
      if (limit !== undefined && jobBytes - STATUS.length >= limit) socket.resetAndDestroy();
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.#switches.slowMs === 0) {
        take(chunk);
        return;
      }
      socket.pause();
      setTimeout(() => {
        if (socket.destroyed) return;
        take(chunk);
        socket.resume();
      }, this.#switches.slowMs);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      const rest = pending.toString('utf8').trim();
      if (rest !== '') this.#halves.push(rest);
    });
  }

  /** Takes whole labels and status questions off the front; returns what is not whole yet. */
  #consume(input: Buffer, socket: net.Socket): Buffer {
    let bytes = input;
    for (;;) {
      const question = bytes.indexOf(STATUS);
      const open = bytes.indexOf(OPEN);
      if (question >= 0 && (open < 0 || question < open)) {
        if (this.#switches.answersStatus) socket.write(this.#status());
        bytes = bytes.subarray(question + STATUS.length);
        continue;
      }
      if (open < 0) return bytes.toString('latin1').trim() === '' ? Buffer.alloc(0) : bytes;
      const close = bytes.indexOf(CLOSE, open);
      if (close < 0) return bytes;
      this.#accept(bytes.subarray(open, close + CLOSE.length).toString('utf8'));
      bytes = bytes.subarray(close + CLOSE.length);
    }
  }

  #accept(zpl: string): void {
    if (this.#switches.paperOut || this.#switches.headOpen) this.#waitingForPaper.push(zpl);
    else this.#print(zpl);
  }

  #print(zpl: string): void {
    const label: PrintedLabel = { number: this.#labels.length + 1, zpl };
    this.#labels.push(label);
    this.#printing = this.#printing.then(async () => {
      const outDir = this.#options.outDir;
      if (outDir !== undefined) {
        const base = path.join(outDir, `label-${String(label.number).padStart(4, '0')}`);
        label.files = { zpl: `${base}.zpl`, png: `${base}.png` };
        await writeFile(label.files.zpl, zpl);
        await writeFile(label.files.png, await renderLabel(zpl, this.#options.dpi ?? 203));
      }
      this.#options.log?.(JSON.stringify({ event: 'label', number: label.number, ...label.files }));
      this.#done++;
      for (const listener of this.#listeners.splice(0)) listener();
    });
  }

  async #printed(count: number): Promise<void> {
    while (this.#done < count) await new Promise<void>((resolve) => this.#listeners.push(resolve));
  }

  /** The three lines of a host status return. */
  #status(): string {
    const { paperOut, headOpen } = this.#switches;
    const formats = String(this.#waitingForPaper.length).padStart(3, '0');
    const paper = paperOut ? 1 : 0;
    const head = headOpen ? 1 : 0;
    const lines = [
      `030,${paper},${paper | head},0203,${formats},0,0,0,000,0,0,0`,
      `001,0,${head},0,0,2,4,0,00000000,1,000`,
      '1234,0',
    ];
    return lines.map((line) => `\u0002${line}\u0003\r\n`).join('');
  }
}
