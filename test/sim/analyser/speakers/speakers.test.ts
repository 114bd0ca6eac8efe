import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../../../main/engine/instruments/link/folder-files.ts';
import { FolderSession } from '../../../../main/engine/instruments/link/folder-session.ts';
import { sessionOver } from '../../../../main/engine/instruments/link/open.ts';
import type { ReceivedMessage } from '../../../../main/engine/instruments/link/ports.ts';
import { memoryJournal } from '../../../../main/engine/instruments/link/session-fixture.ts';
import { StreamSession } from '../../../../main/engine/instruments/link/stream-session.ts';
import { tcpClient } from '../../../../main/engine/instruments/transports/tcp-client.ts';
import { tcpServer } from '../../../../main/engine/instruments/transports/tcp-server.ts';
import { realTimers } from '../../../../main/engine/timers.ts';
import { builtinProfile } from '../../../../shared/profiles/builtin.ts';
import type { CanonicalResult } from '../../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { readMessages } from '../../../../shared/profiles/read.ts';
import { framingOf } from '../../../../shared/protocols/stream/framing.ts';
import { createAnalyser } from '../analyser.ts';

const clock = { now: () => new Date() };

function profileOf(id: string): Profile {
  const found = builtinProfile(id);
  if (found === undefined) throw new Error(id);
  return found;
}

/** Everything a host read, each message once. */
function reader(profile: Profile) {
  const results = new Map<string, CanonicalResult[]>();
  return {
    results: () => [...results.values()].flat(),
    unreadable: [] as string[],
    async onMessage(message: ReceivedMessage) {
      if (message.unreadable !== undefined) this.unreadable.push(message.unreadable);
      else
        results.set(
          Buffer.from(message.text).toString('hex'),
          readMessages(message.text, profile).flatMap((one) => one.results),
        );
      return 'stored' as const;
    },
  };
}

const holds = (result: CanonicalResult) => result.problems.filter((one) => one.severity === 'hold');

describe('simulated devices with a protocol of their own', () => {
  it.each([
    ['beckman-au480', undefined],
    ['beckman-au480', 11],
    ['biomerieux-mini-vidas', undefined],
    ['biomerieux-mini-vidas', 5],
    ['arkray-spotchem-el', undefined],
  ])(
    '%s with faults of seed %s: every value read is one that was sent, none twice',
    async (id, seed) => {
      const profile = profileOf(id);
      if (profile.protocol !== 'stream') throw new Error(id);
      const listening = tcpServer({ host: '127.0.0.1', port: 0, timers: realTimers });
      const host = reader(profile);
      const session = new StreamSession({
        instrumentId: 'SIM',
        transport: listening,
        framing: framingOf(profile.link),
        journal: memoryJournal(),
        clock,
        timers: realTimers,
        onMessage: (message) => host.onMessage(message),
      });
      session.start();
      await expect.poll(() => listening.address()).not.toBeNull();
      const { host: address, port } = listening.address() ?? { host: '', port: 0 };
      const analyser = createAnalyser({
        profile,
        transport: tcpClient({ host: address, port, timers: realTimers }),
        retryMs: 200,
        ...(seed === undefined
          ? {}
          : {
              faults: {
                seed,
                rates: { badChecksum: 0.2, splitPackets: 0.5, duplicateFrame: 0.2, hangUp: 0.05 },
              },
            }),
      });
      analyser.start();
      await expect.poll(() => analyser.state(), { timeout: 10_000 }).toBe('ready');
      const sent = new Map<string, string>();
      const codes = profile.tests.slice(0, 8).map((test) => test.code);
      for (const specimen of ['26210T100017', '26210T100025']) {
        const run = await analyser.run(specimen, { tests: codes });
        expect(run.outcome).toBe('acknowledged');
        for (const one of run.results) sent.set(`${specimen} ${one.code}`, one.text);
      }
      const qc = await analyser.runQc({ tests: codes.slice(0, 2) });
      expect(qc.map((one) => one.outcome)).toEqual(['acknowledged', 'acknowledged']);
      await expect
        .poll(() => host.results().length, { timeout: 10_000 })
        .toBeGreaterThanOrEqual(sent.size + 4);
      const read = host.results();
      expect(read.flatMap(holds)).toEqual([]);
      const patients = read.filter((one) => !one.isQc);
      expect(
        new Map(patients.map((one) => [`${one.specimenId} ${one.instrumentCode}`, one.value.text])),
      ).toEqual(sent);
      expect(patients).toHaveLength(sent.size);
      expect(read.filter((one) => one.isQc)).toHaveLength(4);
      await analyser.stop();
      await session.stop();
    },
    60_000,
  );
});

describe('simulated devices that speak HL7', () => {
  it.each([
    ['mindray-bs-480', undefined],
    ['generic-law', 4],
  ])(
    'M4 %s with faults of seed %s, over a socket: every value read is one that was sent, none twice',
    async (id, seed) => {
      const profile = profileOf(id);
      if (profile.protocol !== 'hl7') throw new Error(id);
      const listening = tcpServer({ host: '127.0.0.1', port: 0, timers: realTimers });
      const host = reader(profile);
      const session = sessionOver(profile, {
        instrumentId: 'SIM',
        transport: listening,
        journal: memoryJournal(),
        clock,
        timers: realTimers,
        onMessage: (message) => host.onMessage(message),
      });
      session.start();
      await expect.poll(() => listening.address()).not.toBeNull();
      const { host: address, port } = listening.address() ?? { host: '', port: 0 };
      const rates = { splitPackets: 0.5, mergedBlocks: 0.3, duplicateFrame: 0.2, garbage: 0.3, hangUp: 0.1 };
      const analyser = createAnalyser({
        profile,
        transport: tcpClient({ host: address, port, timers: realTimers }),
        retryMs: 200,
        ...(seed === undefined ? {} : { faults: { seed, rates } }),
      });
      analyser.start();
      await expect.poll(() => analyser.state(), { timeout: 10_000 }).toBe('ready');
      const codes = profile.tests.slice(0, 6).map((test) => test.code);
      const sent = new Map<string, string>();
      for (const specimen of ['26210T100017', '26210T100025']) {
        const run = await analyser.run(specimen, { tests: codes });
        expect(run.outcome).toBe('acknowledged');
        for (const one of run.results) sent.set(`${specimen} ${one.code}`, one.text);
      }
      await expect.poll(() => host.results().length, { timeout: 10_000 }).toBe(sent.size);
      const read = host.results();
      expect(read.flatMap(holds)).toEqual([]);
      expect(new Map(read.map((one) => [`${one.specimenId} ${one.instrumentCode}`, one.value.text]))).toEqual(
        sent,
      );
      await analyser.stop();
      await session.stop();
    },
    60_000,
  );
});

describe('simulated devices that leave files', () => {
  it.each([[undefined], [3]])(
    'generic-csv with faults of seed %s: every value read is one that was sent',
    async (seed) => {
      const profile = profileOf('generic-csv');
      if (profile.protocol !== 'file') throw new Error('no files');
      const folder = mkdtempSync(join(tmpdir(), 'levey-sim-'));
      const host = reader(profile);
      const session = new FolderSession({
        instrumentId: 'SIM',
        folder: { kind: 'folder', path: folder, archive: 'archive', errors: 'errors' },
        profile: { ...profile, link: { ...profile.link, settledMs: 600, pollMs: 200 } },
        files: nodeFiles,
        journal: memoryJournal(),
        clock,
        timers: realTimers,
        onMessage: (message) => host.onMessage(message),
      });
      session.start();
      const analyser = createAnalyser({
        profile,
        folder,
        retryMs: 20,
        ...(seed === undefined ? {} : { faults: { seed, rates: { splitPackets: 0.5, hangUp: 0.4 } } }),
      });
      analyser.start();
      const sent = new Set<string>();
      for (const specimen of ['A1', 'A2', 'A3']) {
        const run = await analyser.run(specimen, { tests: ['NA', 'K', 'GLU'] });
        expect(run.outcome).toBe('acknowledged');
        for (const one of run.results) sent.add(`${specimen} ${one.code} ${one.text}`);
      }
      await expect
        .poll(() => host.results().filter((one) => holds(one).length === 0).length, { timeout: 20_000 })
        .toBeGreaterThanOrEqual(9);
      const good = host.results().filter((one) => holds(one).length === 0);
      expect(new Set(good.map((one) => `${one.specimenId} ${one.instrumentCode} ${one.value.text}`))).toEqual(
        sent,
      );
      await analyser.stop();
      await session.stop();
      expect(readdirSync(join(folder, 'archive')).length).toBeGreaterThanOrEqual(3);
    },
    60_000,
  );
});
