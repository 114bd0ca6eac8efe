import { connect, type Socket } from 'node:net';
import type { z } from 'zod';
import type { Engine, EngineOptions } from '../../main/engine/engine.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import type { Station } from '../../shared/station/schema.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, openLaboratory } from './people.ts';

export const ENQ = 0x05;
export const ACK = 0x06;
export const NAK = 0x15;
export const EOT = 0x04;

/** A station with one chemistry analyser and its people, for tests of what goes wrong. */
export interface BadBench {
  at: TestStation;
  port: number;
  engine: Engine;
  /** Lines of the engine's log. */
  log: string[];
  tech: EngineClient;
  lead: EngineClient;
  stop(): Promise<void>;
}

/** An engine's log as lines, for {@link startTestEngine}. */
export function logInto(lines: string[]): Pick<EngineOptions, 'log'> {
  const at = (level: string) => (event: string, fields?: Record<string, unknown>) => {
    lines.push(JSON.stringify({ level, event, ...fields }));
  };
  return { log: { info: at('info'), warn: at('warn'), error: at('error') } };
}

/** Starts an engine with the demo catalogue, a technician and a lead. */
export async function startBadBench(
  more: Partial<z.input<typeof Station>> = {},
  dataDir?: string,
  options: Partial<EngineOptions> = {},
): Promise<BadBench> {
  const port = await freePort();
  const made = testStation({
    code: 'T1',
    name: 'Bench 1',
    timeZone: 'Europe/Dublin',
    laboratory: { ...LABORATORY },
    instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } }],
    ...more,
  });
  const at = dataDir === undefined ? made : { ...made, dataDir };
  const log: string[] = [];
  const engine = await startTestEngine(at, { ...logInto(log), ...options });
  const admin = await openLaboratory(engine);
  const tech = await joined(engine, admin, 'lindqvist', 'technician');
  const lead = await joined(engine, admin, 'okafor', 'technician', 'lead');
  return { at, port, engine, log, tech, lead, stop: () => engine.stop() };
}

/** The station's one line, as soon as it is as wanted. */
export async function lineOf(tech: EngineClient, check: (row: LineRow) => boolean): Promise<LineRow> {
  const isThere = ([one]: readonly LineRow[]) => one !== undefined && check(one);
  const [row] = await tech.rows('instruments.lines', {}, isThere, 30_000);
  return row!;
}

let patients = 0;

/** A patient's received tube with these tests or panels ordered. @returns its accession number */
export async function receivedTube(tech: EngineClient, catalogCodes: string[]): Promise<string> {
  patients += 1;
  const { patientId } = await tech.command('patient.register', {
    identifier: `4410${patients}`,
    familyName: 'Nguyễn',
    givenName: 'Thị Hương',
    sex: 'female',
    birthDate: '1965-03-14',
  });
  const { requisition } = await tech.command('order.enter', { patientId, catalogCodes, priority: 'routine' });
  const collectedTime = new Date().toISOString();
  await tech.command('accession.draw', { requisition, collector: 'K. Obi', collectedTime });
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  const number = row!.tubes[0]!.accessionIdentifier;
  await tech.command('accession.receive', { accessionIdentifier: number });
  return number;
}

/** One result of a hand-written message; `at` is the instrument's local time, empty for an instrument without a clock. */
export interface HandResult {
  code: string;
  text: string;
  unit?: string;
  at?: string;
}

/** A message as an instrument writes it: H P O R.. L. `processing` is H-12. */
export function handMessage(specimen: string, results: readonly HandResult[], processing = 'P'): string {
  const lines = [
    `H|\\^&|||DC-800^1.0^77|||||||${processing}|1|20260729064205`,
    'P|1',
    `O|1|${specimen}||^^^${results[0]?.code ?? ''}|R||||||N||||||||||||||F`,
    ...results.map(
      ({ code, text, unit = 'mmol/L', at = '20260729064205' }, i) =>
        `R|${i + 1}|^^^${code}|${text}|${unit}||N||F||tech||${at}|77`,
    ),
    'L|1|N',
  ];
  return lines.map((line) => `${line}\r`).join('');
}

/** An instrument on a real socket that sends what it is told to, byte by byte. */
export class RawInstrument {
  readonly #socket: Socket;
  #bytes: number[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      this.#bytes.push(...(typeof data === 'string' ? Buffer.from(data) : data));
      this.#wake();
    });
  }

  static connect(port: number): Promise<RawInstrument> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawInstrument(socket)));
    });
  }

  write(bytes: Uint8Array | number): void {
    this.#socket.write(typeof bytes === 'number' ? Uint8Array.of(bytes) : bytes);
  }

  /** The next byte the engine answers. */
  async answer(): Promise<number> {
    while (this.#bytes.length === 0) {
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    return this.#bytes.shift()!;
  }

  async ask(bytes: Uint8Array | number): Promise<number> {
    this.write(bytes);
    return this.answer();
  }

  /** Sends a message once. @returns the answers to ENQ and each frame, up to the first that is not ACK */
  async send(text: string): Promise<number[]> {
    const answers = [await this.ask(ENQ)];
    for (const frame of buildFrames(Buffer.from(text, 'latin1'), 240, 'record')) {
      if (answers.at(-1) !== ACK) break;
      answers.push(await this.ask(frame));
    }
    this.write(EOT);
    return answers;
  }

  end(): void {
    this.#socket.destroy();
  }
}
