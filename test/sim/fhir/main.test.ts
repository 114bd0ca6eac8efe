import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateDefinitions } from './generate-definitions.ts';
import { optionsFrom } from './main.ts';
import { HARD_SWITCHES } from './switches.ts';
import { call } from './testing.ts';

test('the command starts a server with the catalogue and stops on SIGTERM', async () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [
    main,
    '--port',
    '0',
    '--seed-catalogue',
    '--admin-port',
    '0',
    '--strict',
  ]);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as { event: string; url: string; adminUrl: string };
  expect(ready.event).toBe('ready');
  expect((await call('GET', `${ready.url}/PlanDefinition?_summary=count`)).body.total).toBe(38);
  expect((await call('GET', `${ready.adminUrl}/switches`)).body.validation).toBe('strict');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('options are read, bad ones named', () => {
  const { options } = optionsFrom([
    '--port',
    '1',
    '--quota',
    '480',
    '--auth',
    'a:b:c',
    '--switches',
    '{"slowMs":9}',
  ]);
  expect(options).toEqual({
    port: 1,
    auth: { clientId: 'a', clientSecret: 'b:c' },
    switches: { quota: { writes: 480, windowSeconds: 60 }, slowMs: 9 },
  });
  const hard = optionsFrom(['--tls', 'ca.pem', '--validate', '--switches', '{"preset":"hard"}']);
  expect([hard.caFile, hard.options.tls]).toEqual(['ca.pem', true]);
  expect(hard.options.switches).toEqual({ validate: true, ...HARD_SWITCHES });
  expect(() => optionsFrom(['--port', 'x'])).toThrow('--port');
  expect(() => optionsFrom(['--switches', '{"slow":7}'])).toThrow('slow');
  expect(() => optionsFrom(['--nonsense'])).toThrow('nonsense');
});

test('definitions.ts is what the R4 declarations give', () => {
  const source = readFileSync(new URL('../../../node_modules/@types/fhir/r4.d.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('./definitions.ts', import.meta.url), 'utf8')).toBe(
    generateDefinitions(source),
  );
});
