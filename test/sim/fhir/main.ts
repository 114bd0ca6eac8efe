import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { laboratory, resourcesFrom } from '../laboratory/index.ts';
import { loadBundle } from './load.ts';
import { isResource, type Resource } from './resource.ts';
import { createFhirServer, type FhirServerOptions } from './server.ts';
import { parseSwitches } from './switches.ts';

const HELP = `Central FHIR R4 server simulator

  --port N            port to listen on (8103)
  --host ADDRESS      address to listen on (127.0.0.1)
  --data FILE         keep everything in a SQLite file (default: memory)
  --admin-port N      port of the admin interface: GET /stats, GET and POST /switches, POST /reset …
  --tls FILE          speak TLS; the certificate of its authority is written to FILE (PEM)
  --seed-catalogue    start with the demo laboratory's catalogue (8 panels, 30 tests)
  --seed-laboratory   start with its patients and today's orders as well
  --load FILE         start with the resources of a JSON file: a Bundle, a resource or an array of them
  --strict            refuse wrong codes and dangling references
  --quota N           allow N writes a minute, then 429
  --auth ID:SECRET    ask for OAuth2 client credentials
  --validate          refuse what is not valid by the official R4 definitions
  --switches JSON     any switches, for example '{"slowMs":200,"conflict":0.05}' or '{"preset":"hard"}'; docs/simulator.md lists them
  --seed N            seed of the faults' chances (1)
`;

/** Reads the command line. @throws Error for unknown options or bad values */
export function optionsFrom(args: string[]): {
  options: FhirServerOptions;
  seed: Resource[];
  help: boolean;
  /** Where the certificate of the authority goes. */
  caFile: string | undefined;
} {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ port: text, host: text, data: text, 'admin-port': text, load: text, quota: text, auth: text },
      tls: text,
      validate: flag,
      ...{
        switches: text,
        seed: text,
        'seed-catalogue': flag,
        'seed-laboratory': flag,
        strict: flag,
        help: flag,
      },
    },
  });
  const options: FhirServerOptions = { port: wholeNumber('port', values.port ?? '8103') };
  if (values.host !== undefined) options.host = values.host;
  if (values.data !== undefined) options.data = values.data;
  if (values['admin-port'] !== undefined) options.adminPort = wholeNumber('admin-port', values['admin-port']);
  if (values.seed !== undefined) options.seed = wholeNumber('seed', values.seed);
  if (values.auth !== undefined) {
    const [clientId = '', ...secret] = values.auth.split(':');
    options.auth = { clientId, clientSecret: secret.join(':') };
  }
  const quota = values.quota === undefined ? undefined : wholeNumber('quota', values.quota);
  if (values.tls !== undefined) options.tls = true;
  options.switches = {
    ...(values.validate === true ? { validate: true } : {}),
    ...(values.strict === true ? { validation: 'strict' as const } : {}),
    ...(quota === undefined ? {} : { quota: { writes: quota, windowSeconds: 60 } }),
    ...(values.switches === undefined ? {} : parseSwitches(JSON.parse(values.switches))),
  };
  const seed = [
    ...seedOf(values['seed-laboratory'] === true, values['seed-catalogue'] === true),
    ...(values.load === undefined ? [] : resourcesIn(values.load)),
  ];
  return { options, seed, help: values.help === true, caFile: values.tls };
}

/** The demo laboratory as the central server has it: all of it, its catalogue, or nothing. */
function seedOf(all: boolean, catalogue: boolean): Resource[] {
  if (!all && !catalogue) return [];
  const demo = laboratory({ day: new Date().toISOString().slice(0, 10) });
  return all ? demo.resources() : resourcesFrom({ catalog: demo.catalog });
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}`);
  return Number(text);
}

function resourcesIn(file: string): Resource[] {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const list = Array.isArray(content) ? content : [content];
  const wrong = list.findIndex((item) => !isResource(item));
  if (wrong >= 0) throw new Error(`${file}: item ${wrong} is not a FHIR resource`);
  return list;
}

/** Runs the server with command line arguments: says where on standard output as one JSON line, and stops on SIGTERM or SIGINT. */
export async function main(args: string[]): Promise<void> {
  const { options, seed, help, caFile } = optionsFrom(args);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const server = await createFhirServer(options);
  loadBundle(server, seed);
  if (caFile !== undefined) writeFileSync(caFile, server.caPem ?? '');
  const { url, tokenUrl, adminUrl } = server;
  process.stdout.write(
    `${JSON.stringify({ event: 'ready', url, tokenUrl, adminUrl, loaded: seed.length })}\n`,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());
}

if (import.meta.main) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exitCode = 1;
  });
}
