import { parseArgs } from 'node:util';
import { createPrinter } from './printer.ts';

/**
 * Runs a simulated label printer until it is stopped:
 * `node test/sim/printer/main.ts --port 9100 --out DIR [--dpi 203|300] [--paper-out] [--silent] [--slow MS] [--drop-after BYTES]`.
 * Prints one JSON line when ready and one per label.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9100' },
    host: { type: 'string', default: '127.0.0.1' },
    out: { type: 'string', default: 'out/printer' },
    dpi: { type: 'string', default: '203' },
    'paper-out': { type: 'boolean', default: false },
    silent: { type: 'boolean', default: false },
    slow: { type: 'string', default: '0' },
    'drop-after': { type: 'string' },
  },
});

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const printer = await createPrinter({
  port: Number(values.port),
  host: values.host,
  outDir: values.out,
  dpi: Number(values.dpi),
  log: say,
});
printer.control.set({
  paperOut: values['paper-out'],
  answersStatus: !values.silent,
  slowMs: Number(values.slow),
  dropAfterBytes: values['drop-after'] === undefined ? undefined : Number(values['drop-after']),
});
say(JSON.stringify({ event: 'ready', simulator: 'printer', port: printer.port, out: values.out }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    void printer.stop().then(() => process.exit(0));
  });
}
