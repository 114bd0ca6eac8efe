import { connect, type Socket } from 'node:net';
import { openStore } from '../../main/engine/store/open.ts';
import { newBase } from '../../shared/documents/common.ts';
import type { OrderDoc, PatientDoc, SpecimenDoc } from '../../shared/documents/index.ts';
import { accessionNumber } from '../../shared/domain/accession-number.ts';
import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import { MEASURANDS, measure } from '../sim/analyser/values.ts';
import { Random } from '../sim/laboratory/index.ts';
import { BENCH_KEY, BENCH_STATION } from './filled-store.ts';

/** What the demo chemistry analyser measures: its codes and ours, with the unit it sends. */
export const TESTS = [
  ['Na', 'NA', 'mmol/L'],
  ['K', 'K', 'mmol/L'],
  ['Cl', 'CL', 'mmol/L'],
  ['Crea', 'CREA', 'umol/L'],
  ['Urea', 'UREA', 'mmol/L'],
  ['Glu', 'GLU', 'mmol/L'],
  ['ALT', 'ALT', 'U/L'],
  ['AST', 'AST', 'U/L'],
  ['ALP', 'ALP', 'U/L'],
  ['GGT', 'GGT', 'U/L'],
  ['BilT', 'BILT', 'umol/L'],
  ['Alb', 'ALB', 'g/L'],
  ['TP', 'TP', 'g/L'],
  ['Ca', 'CA', 'mmol/L'],
  ['CRP', 'CRP', 'mg/L'],
  ['LDH', 'LDH', 'U/L'],
  ['CK', 'CK', 'U/L'],
  ['TSH', 'TSH', 'mIU/L'],
  ['FT4', 'FT4', 'pmol/L'],
  ['hsTnT', 'TROP', 'ng/L'],
] as const;

/** Specimens prepared in one unit. */
const UNIT = 1_000;
/** Longest text of one frame here: an analyser that sends a message in few frames. */
const FRAME_TEXT = 60_000;

const ENQ = Uint8Array.of(0x05);
const EOT = Uint8Array.of(0x04);
const ACK = 0x06;

/**
 * Puts `count` received specimens with an order for every test into a store, each of another patient as far as there are enough.
 * @returns their accession numbers
 */
export async function prepareSpecimens(dataDir: string, count: number): Promise<string[]> {
  const clock = { now: () => new Date() };
  const store = await openStore({ dataDir, key: BENCH_KEY.slice(), clock, stationCode: BENCH_STATION });
  const random = new Random('ingest');
  const now = Date.now();
  const codes = TESTS.map(([, code]) => code as string);
  try {
    const patients = await store.find('patients', { selector: {}, limit: 5_000 });
    const numbers: string[] = [];
    for (let done = 0; done < count; done += UNIT) {
      const at = new Date(now).toISOString();
      const context = { actor: 'bench', command: 'bench.prepare', station: BENCH_STATION, at };
      await store.write(context, async (unit) => {
        for (let i = done; i < Math.min(count, done + UNIT); i++) {
          const patient = patients[i % patients.length] as PatientDoc;
          // The last ones were received last, three days ago the first ones.
          const received = new Date(now - ((count - i) / count) * 3 * 86_400_000).toISOString();
          const order: OrderDoc = {
            ...newBase(random.uuid(), received, 'onServer'),
            requisition: `RB${String(i).padStart(8, '0')}`,
            patientId: patient.id,
            catalogCode: 'NA',
            display: 'Chemistry',
            testCodes: codes,
            priority: 'routine',
            status: 'active',
            authoredOn: received,
            requester: 'Dr A. Fitzgerald',
            ward: patient.ward,
            note: '',
            origin: 'server',
          };
          const date = received.slice(0, 10);
          const specimen: SpecimenDoc = {
            ...newBase(random.uuid(), received, 'onServer'),
            accessionIdentifier: accessionNumber({ date, stationCode: 'X7', sequence: i + 1 }),
            requisition: order.requisition,
            patientId: patient.id,
            orderIds: [order.id],
            testCodes: codes,
            priority: 'routine',
            typeCode: 'SER',
            typeDisplay: 'Serum',
            container: 'SST 5 mL',
            cap: 'gold',
            tubeIndex: 1,
            tubeCount: 1,
            status: 'received',
            collectedTime: received,
            collector: 'Ward phlebotomy',
            receivedTime: received,
            receivedBy: 'bench',
            labelState: 'printed',
            label: {
              printer: '',
              queuedAt: received,
              printedAt: received,
              attempts: 1,
              why: '',
              maybePrinted: false,
              copies: 1,
            },
            conditionCode: '',
            conditionText: '',
          };
          unit.put('orders', order, { sync: true });
          unit.put('specimens', specimen, { sync: true });
          numbers.push(specimen.accessionIdentifier);
        }
      });
    }
    return numbers;
  } finally {
    await store.close();
  }
}

let sent = 0;

/** One message as an analyser frames it, with what it is about. */
export interface Prepared {
  frames: Uint8Array[];
  specimens: readonly string[];
  results: number;
}

/** A message with the values of each specimen: `tests` of each from test `first` on, about one in eight pathological. */
export function message(
  random: Random,
  specimens: readonly string[],
  tests: number = TESTS.length,
  first = 0,
): Prepared {
  const lines: string[] = [];
  const stamp = new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14);
  sent += 1;
  lines.push(`H|\\^&|M${sent}||DC-800^1.0^S1|||||HOST||P|1|${stamp}`);
  let patient = 0;
  for (const specimen of specimens) {
    patient += 1;
    lines.push(`P|${patient}`, `O|1|${specimen}||^^^ALL|R|${stamp}|||||N||||||||||||||F`);
    for (const [at, [code, test, unit]] of TESTS.slice(first, first + tests).entries()) {
      const { text, flag, range } = measure(test, () => random.next());
      if (MEASURANDS[test] === undefined) throw new Error(`no values for ${test}`);
      lines.push(`R|${at + 1}|^^^${code}|${text}|${unit}|${range}|${flag}||F||tech|${stamp}|${stamp}|S1`);
    }
  }
  lines.push('L|1|N');
  const text = Buffer.from(lines.map((line) => `${line}\r`).join(''), 'latin1');
  const frames = buildFrames(text, FRAME_TEXT, 'message');
  return { frames, specimens, results: specimens.length * tests };
}

/** An analyser's end of a line: bytes out, one answer each in. */
export class Sender {
  readonly #socket: Socket;
  #answer: ((byte: number) => void) | null = null;
  #lost: ((error: Error) => void) | null = null;
  /** performance.now() when the last byte of the last message was handed to the system. */
  lastByteAt = 0;
  /** Times the host said NAK. */
  refused = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      for (const byte of bytes) this.#answer?.(byte);
    });
    socket.on('error', (error) => this.#lost?.(error));
    socket.on('close', () => this.#lost?.(new Error('the engine closed the line')));
  }

  static open(port: number): Promise<Sender> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Sender(socket)));
      socket.once('error', reject);
    });
  }

  close(): void {
    this.#lost = null;
    this.#socket.destroy();
  }

  /** Sends one message until every frame of it is acknowledged. */
  async send(prepared: Prepared): Promise<void> {
    await this.#until(ENQ);
    for (const frame of prepared.frames) await this.#until(frame);
    this.#socket.write(EOT);
  }

  async #until(bytes: Uint8Array): Promise<void> {
    while ((await this.#say(bytes)) !== ACK) {
      this.refused += 1;
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  #say(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#lost = reject;
      this.#socket.write(bytes);
      this.lastByteAt = performance.now();
    });
  }
}
