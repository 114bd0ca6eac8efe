/** Test help for the download of orders: lines that record what they are told, timers that are told, and one transfer of the host. */
import { expect } from 'vitest';
import type { Bench } from '../../main/engine/bench.ts';
import type { SendResult } from '../../main/engine/instruments/link/ports.ts';
import { type DownloadLine, OrderDownloads } from '../../main/engine/instruments/orders/download.ts';
import type { OrderedLine } from '../../main/engine/instruments/orders/unordered.ts';
import type { Timers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { withoutOrderCode } from '../../shared/profiles/orders/order.ts';
import type { Profile } from '../../shared/profiles/profile.ts';
import { parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import { ACK, ENQ, EOT, type RawInstrument } from './bad-input-fixture.ts';

/** What {@link FakeLine} works with. */
export const lawProfile = builtinProfile('generic-law')!;

/** A line that records what it is told, as `NW NA` or `CA K`, and answers as it is set. */
export class FakeLine implements DownloadLine {
  readonly id: string;
  readonly told: string[] = [];
  readonly notes: string[] = [];
  readonly shown: string[] = [];
  readonly tests = new Set(['NA', 'K', 'CL']);
  profileNow: Profile = lawProfile;
  on = true;
  /** answers to the next messages; afterwards everything is taken */
  answers: (SendResult | Promise<SendResult>)[] = [];

  constructor(id: string) {
    this.id = id;
  }

  isOn = () => this.on;
  measures = () => this.tests;
  withoutOrderCode = () => withoutOrderCode(this.profileNow);
  profile = async () => this.profileNow;
  untold = (tests: readonly string[]) => void this.shown.push(tests.join(' '));
  say = (note: string) => void this.notes.push(note);
  send = async ({ bytes }: { bytes: Uint8Array }): Promise<SendResult> => {
    const [message] = parseHl7(bytes).messages;
    const orders = message!.all('ORC').map((orc) => `${orc.value(1)} ${orc.value(2).split('.')[1]}`);
    this.told.push(orders.join(', '));
    return (await this.answers.shift()) ?? { outcome: 'accepted' };
  };
}

/** Timers that run when the test says so. */
export class HandTimers implements Timers {
  waits: { ms: number; run: () => void }[] = [];

  set(ms: number, run: () => void): () => void {
    const wait = { ms, run };
    this.waits.push(wait);
    return () => {
      this.waits = this.waits.filter((one) => one !== wait);
    };
  }

  /** Ends the one wait there is. */
  fire(): void {
    const [wait, ...more] = this.waits;
    expect(more).toEqual([]);
    this.waits = [];
    wait?.run();
  }
}

/** Downloads of a bench, ended by {@link endDownloads}. */
const downloads: OrderDownloads[] = [];

/** Ends what {@link startDownloads} started. */
export async function endDownloads(): Promise<void> {
  for (const one of downloads.splice(0)) {
    one.stop();
    await one.ended();
  }
}

/** Starts the download of these lines. @param others lines that are told nothing unasked */
export async function startDownloads(
  bench: Bench,
  lines: FakeLine[],
  timers: Timers = new HandTimers(),
  others: () => OrderedLine[] = () => [],
): Promise<OrderDownloads> {
  const made = new OrderDownloads({ ...bench, timers }, lines, others);
  downloads.push(made);
  await made.start();
  return made;
}

/** Waits until what has been asked for so far is dealt with: a command's commit comes before it. */
export async function quiet(one: OrderDownloads): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    await new Promise((done) => setTimeout(done, 20));
    await one.ended();
  }
}

/** Takes one transfer from the host, as an ASTM instrument does; gives its texts joined. */
export async function takeTransfer(instrument: RawInstrument): Promise<string> {
  expect(await instrument.answer()).toBe(ENQ);
  instrument.write(ACK);
  let text = '';
  for (let byte = await instrument.answer(); byte !== EOT; byte = await instrument.answer()) {
    let frame = String.fromCharCode(byte);
    while (!frame.endsWith('\n')) frame += String.fromCharCode(await instrument.answer());
    text += frame.slice(2, frame.search(/[\x03\x17]/));
    instrument.write(ACK);
  }
  return text;
}
