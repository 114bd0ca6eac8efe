/**
 * `npm run sim -- NAME ...`: each simulator by itself.
 *
 *   npm run sim -- analyser --profile demo-chemistry --tcp 127.0.0.1:5001
 *   npm run sim -- printer --port 9100 --out out/printer
 *   npm run sim -- fhir --port 8103 --seed-laboratory
 */
import { join } from 'node:path';

const simulators: Record<string, string> = {
  analyser: 'analyser/main.ts',
  printer: 'printer/main.ts',
  fhir: 'fhir/main.ts',
};
const [name, ...rest] = process.argv.slice(2);
const file = name === undefined ? undefined : simulators[name];
if (file === undefined) {
  process.stderr.write(
    `Name a simulator: ${Object.keys(simulators).join(', ')}. Each explains itself with --help.\n`,
  );
  process.exit(2);
}
const path = join(import.meta.dirname, file);
process.argv = [process.argv[0]!, path, ...rest];
const module = (await import(path)) as { main?: (args: string[]) => Promise<void> };
await module.main?.(rest);
