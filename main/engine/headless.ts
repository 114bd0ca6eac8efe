import { mkdir, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LeveyError, toPlainError } from '../../shared/errors.ts';
import { DATABASE_KEY_BYTES } from '../../shared/ipc/envelope.ts';
import { startEngine } from './engine.ts';

const help = `npm run headless -- --data DIR --station FILE [--key-file FILE]

The engine without a window: instruments, store, replication and the local API of one station.

  --data DIR       directory of this station's data; made when missing
  --station FILE   the station file (docs/station.md)
  --key-file FILE  the database key, 64 hex digits, in a file of mode 0600;
                   without it the key is read from standard input, one line

Prints one JSON line {"event":"ready","api":URL,...} on standard output, then works until SIGTERM or SIGINT.
`;

function keyFault(what: string): LeveyError {
  return new LeveyError({
    code: 'key.invalid',
    what,
    safe: 'The database was not touched.',
    todo: `Give ${DATABASE_KEY_BYTES * 2} hex digits in a file of mode 0600 (--key-file) or on standard input.`,
  });
}

/** Reads a key of 64 hex digits. Throws `key.invalid`. */
export function parseKey(text: string): Uint8Array {
  const hex = text.trim();
  if (!new RegExp(`^[0-9a-fA-F]{${DATABASE_KEY_BYTES * 2}}$`).test(hex)) {
    throw keyFault(`The database key is not ${DATABASE_KEY_BYTES * 2} hex digits.`);
  }
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

async function readKey(file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined) {
    const info = await stat(file).catch(() => undefined);
    if (info === undefined) throw keyFault(`The key file ${file} cannot be read.`);
    if ((info.mode & 0o077) !== 0) {
      throw keyFault(`The key file ${file} may be read by others (mode ${(info.mode & 0o777).toString(8)}).`);
    }
    return parseKey(await readFile(file, 'utf8'));
  }
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk as string;
    if (text.includes('\n')) break;
  }
  return parseKey(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      station: { type: 'string' },
      'key-file': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help || values.data === undefined || values.station === undefined) {
    process.stderr.write(help);
    return values.help ? 0 : 2;
  }
  const dataDir = resolve(values.data);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const key = await readKey(values['key-file'] === undefined ? undefined : resolve(values['key-file']));
  // Heard from here on: a signal during the start ends it cleanly once it has started.
  const asked = new Promise<void>((stop) => {
    process.on('SIGTERM', () => stop());
    process.on('SIGINT', () => stop());
  });
  const engine = await startEngine({ dataDir, stationFile: resolve(values.station), key });
  const { hospital, instruments } = engine.bench;
  const lines = [...instruments.lines(), ...hospital.lines()].map((l) => ({
    id: l.id,
    state: l.state,
    link: l.link,
  }));
  process.stdout.write(
    `${JSON.stringify({
      event: 'ready',
      api: engine.bench.apiUrl || null,
      station: engine.station.code,
      version: engine.version,
      pid: process.pid,
      instruments: lines,
      problems: [...engine.bench.problems.values()],
    })}\n`,
  );
  const awake = setInterval(() => {}, 1 << 30);
  await asked;
  clearInterval(awake);
  process.stdin.pause();
  await engine.stop();
  process.stdout.write(`${JSON.stringify({ event: 'stopped' })}\n`);
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  const plain = toPlainError(error);
  process.stdout.write(`${JSON.stringify({ event: 'failed', ...plain })}\n`);
  process.stderr.write(`${plain.what}\n${plain.safe}\n${plain.todo}\n`);
  process.exit(1);
}
