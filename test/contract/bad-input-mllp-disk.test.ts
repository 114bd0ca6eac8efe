import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { acksIn, block, hl7 } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { until } from '../until.ts';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { fullDisks } from './full-disk.ts';

/** A disk that becomes full while an HL7 analyser sends: it is told so in the words of its mode, keeps the message, and nothing is lost. */

let bench: BadBench | undefined;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  await bench?.stop();
  bench = undefined;
  for (const clean of cleanUps.splice(0).reverse()) await clean();
});

const modes = [
  { mode: 'original', accept: '', taken: 'AA', refused: 'AE' },
  { mode: 'enhanced', accept: 'AL', taken: 'CA', refused: 'CE' },
];
const cases = fullDisks(cleanUps).flatMap((disk) =>
  modes.map((mode) => ({ disk, name: disk.name, ...mode })),
);

test.each(cases)(
  'M3 M4 on a full disk a message is answered $refused, the strip says why, and sent again with room it is posted once: $mode mode, $name',
  { timeout: 120_000 },
  async ({ disk, accept, taken, refused: no }) => {
    const port = await freePort();
    bench = await startBadBench(
      { instruments: [{ id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', port } }] },
      disk.directory(),
    );
    const { tech } = bench;
    const { store } = bench.engine.bench;
    const tube = await receivedTube(tech, ['LYTES']);
    const socket = connect({ host: '127.0.0.1', port });
    cleanUps.push(() => socket.destroy());
    await once(socket, 'connect');
    const parts: Uint8Array[] = [];
    socket.on('data', (part: Buffer) => parts.push(new Uint8Array(part)));
    const two = (n: number) => String(n).padStart(2, '0');
    const message = (n: number) =>
      hl7({
        id: `M${n}`,
        accept,
        application: accept === '' ? '' : 'NE',
        body: [
          'PID|1||44101',
          `OBR|1||${tube}|NA^Sodium`,
          `OBX|1|NM|NA^Sodium||${100 + n}|mmol/L|||||F|||2026072906${two(Math.floor(n / 60))}${two(n % 60)}`,
        ],
      });
    /** Sends message `n` and gives MSA-1 of its answer. */
    const ask = async (n: number): Promise<string> => {
      const before = acksIn(parts).length;
      socket.write(block(message(n)));
      await until(() => expect(acksIn(parts).length).toBeGreaterThan(before));
      const [code = '', id] = acksIn(parts).at(-1)?.split(' ') ?? [];
      expect(id).toBe(`M${n}`);
      return code;
    };
    disk.fill();
    let n = 0;
    while (n < 2_000 && (await ask(n)) === taken) n += 1;
    expect(acksIn(parts).at(-1)).toBe(`${no} M${n}`);
    const [strip] = await tech.rows('strip', {}, ([row]) =>
      row!.problems.some((problem) => problem.id === 'journal:T1.HL1'),
    );
    expect(strip!.problems).toContainEqual(
      expect.objectContaining({
        id: 'journal:T1.HL1',
        code: 'store.full',
        todo: expect.stringContaining('Free space'),
      }),
    );
    disk.free();
    await until(async () => expect(await ask(n)).toBe(taken));
    await tech.rows('strip', {}, ([row]) => row?.problems.length === 0);
    const all = Array.from({ length: n + 1 }, (_, i) => 100 + i);
    await until(async () => {
      const versions = await store.find('results', { selector: {} });
      expect(versions.map((doc) => Number(doc.value.text)).sort((x, y) => x - y)).toEqual(all);
    });
    await until(() => expect(store.journal.unposted()).toHaveLength(0));
    expect((await store.verifyAudit()).faults).toEqual([]);
  },
);
