import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPrinter, type SimPrinter } from '../../../test/sim/printer/printer.ts';
import { realTimers } from '../timers.ts';
import { askPrinter, type PrinterAddress, PrinterError, parseStatus, sendJob } from './printer.ts';

const LABEL = '^XA^FO8,8^A0N,30,30^FH_^FDKOWALSKI^FS^XZ\n';
let printer: SimPrinter | undefined;
afterEach(async () => {
  await printer?.stop();
  printer = undefined;
});

async function start(): Promise<{ sim: SimPrinter; address: PrinterAddress }> {
  printer = await createPrinter();
  return { sim: printer, address: { host: '127.0.0.1', port: printer.port, statusMs: 300, stallMs: 400 } };
}

async function failure(job: Promise<unknown>): Promise<PrinterError> {
  const error: unknown = await job.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PrinterError)) throw new Error(`expected a PrinterError, got ${String(error)}`);
  return error;
}

describe('raw printer', () => {
  it('prints a job as a whole and has the printer confirm it', async () => {
    const { sim, address } = await start();
    await expect(sendJob(address, LABEL, realTimers)).resolves.toEqual({ confirmed: true });
    expect(sim.labels.map((one) => one.zpl)).toEqual([LABEL.trim()]);
    expect(sim.halves).toEqual([]);
  });

  it('prints on a printer that answers no questions, and says that nothing was confirmed', async () => {
    const { sim, address } = await start();
    sim.control.set({ answersStatus: false });
    await expect(sendJob({ ...address, statusMs: 30 }, LABEL, realTimers)).resolves.toEqual({
      confirmed: false,
    });
    await sim.control.printed(1);
    expect(sim.labels).toHaveLength(1);
  });

  it('prints slowly taken jobs whole', async () => {
    const { sim, address } = await start();
    sim.control.set({ slowMs: 5 });
    await sendJob(address, LABEL.repeat(500), realTimers);
    expect(sim.labels).toHaveLength(500);
  });

  it('says that a switched-off printer refuses, and that nothing was printed', async () => {
    const { sim, address } = await start();
    await sim.control.goOffline();
    const error = await failure(sendJob(address, LABEL, realTimers));
    expect(error).toMatchObject({ code: 'printer.refused', maybePrinted: false });
    await sim.control.goOnline();
    await sendJob(address, LABEL, realTimers);
    expect(sim.labels).toHaveLength(1);
  });

  it('says that a printer resets the line before a label was sent', async () => {
    const { sim, address } = await start();
    sim.control.set({ refuse: true });
    const error = await failure(sendJob(address, LABEL, realTimers));
    expect(error).toMatchObject({ code: 'printer.broken', maybePrinted: false });
    expect(sim.labels).toHaveLength(0);
  });

  it.each([
    [{ paperOut: true }, 'printer.paper'],
    [{ headOpen: true }, 'printer.head-open'],
  ] as const)('sends nothing to a printer with %o', async (fault, code) => {
    const { sim, address } = await start();
    sim.control.set(fault);
    expect(await failure(sendJob(address, LABEL, realTimers))).toMatchObject({ code, maybePrinted: false });
    sim.control.set({ paperOut: false, headOpen: false });
    expect(sim.labels).toHaveLength(0);
  });

  it('marks a job cut in the middle as maybe printed', async () => {
    const { sim, address } = await start();
    sim.control.set({ dropAfterBytes: 20 });
    const job = sendJob(address, LABEL.repeat(20_000), realTimers);
    expect(await failure(job)).toMatchObject({ code: 'printer.broken', maybePrinted: true });
  });

  it('gives up on a printer that takes nothing', async () => {
    const { sim, address } = await start();
    sim.control.set({ answersStatus: false, slowMs: 60_000 });
    const job = sendJob({ ...address, statusMs: 20, stallMs: 50 }, LABEL.repeat(400_000), realTimers);
    expect(await failure(job)).toMatchObject({ code: 'printer.timeout', maybePrinted: true });
  });

  it('gives up on an address that never answers', async () => {
    const timers = { set: (_ms: number, run: () => void) => realTimers.set(0, run) };
    const error = await failure(sendJob({ host: '192.0.2.1', port: 9100, connectMs: 1 }, LABEL, timers));
    expect(['printer.timeout', 'printer.unreachable', 'printer.refused']).toContain(error.code);
    expect(error.maybePrinted).toBe(false);
  });

  it('asks for the state alone', async () => {
    const { sim, address } = await start();
    sim.control.set({ paperOut: true });
    await expect(askPrinter(address, realTimers)).resolves.toMatchObject({ paperOut: true, headOpen: false });
  });

  it('puts no patient data into an error', async () => {
    const { sim, address } = await start();
    await sim.control.goOffline();
    const error = await failure(sendJob(address, LABEL, realTimers));
    expect(JSON.stringify(error.toPlain())).not.toContain('KOWALSKI');
  });
});

describe('host status return', () => {
  const lines = ['030,1,0,0203,002,0,0,0,000,0,0,0', '001,0,0,1,0,2,4,0,00000000,1,000', '1234,0'];
  const text = lines.map((line) => `\u0002${line}\u0003\r\n`).join('');

  it('is read as a whole only', () => {
    expect(parseStatus(text)).toEqual({
      paperOut: true,
      paused: false,
      headOpen: false,
      ribbonOut: true,
      waiting: 2,
    });
    for (let cut = 0; cut < text.length - 3; cut++) expect(parseStatus(text.slice(0, cut))).toBeUndefined();
    expect(parseStatus('\u0002hello\u0003'.repeat(3))).toBeUndefined();
  });
});

describe('simulated printer', () => {
  it('keeps what never ended apart from labels', async () => {
    const { sim } = await start();
    const socket = net.connect(sim.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.end('^XA^FDhalf', () => resolve()));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    while (sim.halves.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(sim.halves).toEqual(['^XA^FDhalf']);
    expect(sim.labels).toEqual([]);
  });
});
