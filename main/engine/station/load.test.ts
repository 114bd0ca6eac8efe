import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseStation } from '../../../shared/station/schema.ts';
import { loadStation, readSecretFile } from './load.ts';

const good = {
  code: 'B2',
  name: 'Bench 2',
  instruments: [
    { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port: 5001 } },
    { id: 'HEM1', profile: 'demo-haematology', transport: { kind: 'serial', path: '/dev/ttyUSB0' } },
  ],
};

test('a good station file is read, with its defaults', () => {
  const station = parseStation(JSON.stringify(good));
  expect(station.instruments[0]?.transport).toEqual({
    kind: 'tcpServer',
    host: '127.0.0.1',
    port: 5001,
    peers: [],
  });
  expect(station.instruments[1]?.transport).toMatchObject({
    baudRate: 9600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
  });
  expect(station.separationOfDuties).toBe(true);
});

test('the message names the path of each fault', () => {
  const bad = structuredClone(good) as unknown as {
    code: string;
    extra: number;
    instruments: { transport: object }[];
  };
  bad.code = 'OI';
  bad.extra = 1;
  bad.instruments[1]!.transport = { kind: 'serial', path: '/dev/ttyS0', parity: 'mark' };
  const error = (() => {
    try {
      return parseStation(JSON.stringify(bad));
    } catch (e) {
      return e as Error & { code: string };
    }
  })();
  expect(error).toMatchObject({ code: 'station.invalid' });
  expect((error as Error).message).toContain('code: two characters');
  expect((error as Error).message).toContain('instruments[1].transport.parity');
  expect((error as Error).message).toContain('extra');
});

test('two instruments with one id are refused', () => {
  const twice = { ...good, instruments: [good.instruments[0], good.instruments[0]] };
  expect(() => parseStation(JSON.stringify(twice))).toThrow('instruments: two instruments have the same id');
});

test('a missing file and text that is not JSON each say so', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'levey-station-'));
  await expect(loadStation(join(dir, 'none.json'))).rejects.toMatchObject({ code: 'station.missing' });
  writeFileSync(join(dir, 'bad.json'), '{"code": ');
  await expect(loadStation(join(dir, 'bad.json'))).rejects.toMatchObject({ code: 'station.notJson' });
});

test('a secret others may read is refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'levey-secret-'));
  writeFileSync(join(dir, 'token'), 'abc\n');
  chmodSync(join(dir, 'token'), 0o644);
  await expect(readSecretFile('token', dir)).rejects.toMatchObject({ code: 'secret.tooOpen' });
  chmodSync(join(dir, 'token'), 0o600);
  expect(await readSecretFile('token', dir)).toBe('abc');
  await expect(readSecretFile('none', dir)).rejects.toMatchObject({ code: 'secret.missing' });
});
