/** Every profile that comes with Levey, simulated, against the product's own session and reading: what is measured is what is read, unchanged. */
import { describe, expect, it } from 'vitest';
import { FolderSession } from '../../../main/engine/instruments/link/folder-session.ts';
import { sessionOver } from '../../../main/engine/instruments/link/open.ts';
import { BUILTIN_PROFILES } from '../../../shared/profiles/builtin.ts';
import { canDownload, canQuery } from '../../../shared/profiles/orders/encode.ts';
import { orderCode } from '../../../shared/profiles/orders/order.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import { Bench, Disk } from '../../fault/bench.ts';
import { memoryFiles } from '../../fault/files.ts';
import { FaultyLine, NO_FAULTS } from '../../fault/line.ts';
import { World } from '../../fault/world.ts';
import { createAnalyser, type RunOutcome } from './analyser.ts';
import { seeded } from './random.ts';

const MINUTE = 60_000;
const FOLDER = '/results';

/** An analyser of a profile and a bench, in virtual time. `read`: the profile as the bench has it. */
function meet(
  profile: Profile,
  orders: ReadonlyMap<string, readonly string[]>,
  read: Profile = profile,
  faults: Parameters<typeof createAnalyser>[0]['faults'] = undefined,
) {
  const world = new World();
  const disk = new Disk();
  const files = memoryFiles(world);
  const line = new FaultyLine({ world, profile, random: seeded(1), faults: NO_FAULTS, serial: false });
  const bench = new Bench({
    profile: read,
    world,
    disk,
    orders,
    commitMs: () => 5,
    session: (options) =>
      read.protocol === 'file'
        ? new FolderSession({
            ...options,
            profile: read,
            folder: { kind: 'folder', path: FOLDER, archive: 'archive', errors: 'errors' },
            files: files.port(() => true),
          })
        : sessionOver(read, { ...options, transport: line.host() }),
  });
  const analyser = createAnalyser({
    profile,
    ...(profile.protocol === 'file' ? { folder: FOLDER, files: files.device } : { transport: line.device }),
    timers: world,
    clock: world.clock,
    idPrefix: 'S',
    serial: 'SN1',
    ...(faults === undefined ? {} : { faults }),
  });
  analyser.start();
  void bench.start();
  /** Lets time pass until something has ended. */
  const ended = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    void work.then(() => {
      over = true;
    });
    expect(await world.until(() => over, 30 * MINUTE)).toBe(true);
    await world.until(() => false, MINUTE);
    return work;
  };
  return { world, disk, bench, analyser, ended };
}

/** What a device reported, and what was posted of it, alike. */
const sent = (runs: readonly RunOutcome[], profile: Profile) =>
  runs
    .flatMap((run) =>
      run.results.map((one) => [run.specimenId, one.code, one.text, printsUnits(profile) ? one.unit : '']),
    )
    .sort();
/** Some devices print no unit at all. */
const printsUnits = (profile: Profile) =>
  profile.protocol !== 'stream' ||
  [...profile.dialect.fields, ...(profile.dialect.repeat?.fields ?? [])].some(
    (one) => one.role === 'unit' || one.role === 'valueWithUnit',
  );
const posted = (disk: Disk, isQc: boolean) =>
  [...disk.ledger.values()]
    .filter((one) => one.isQc === isQc)
    .map((one) => [one.specimenId, one.code, one.text, one.sentUnit])
    .sort();

/** A test of ours that the device can be told to measure. */
const orderable = (profile: Profile) =>
  profile.tests.find((one) => orderCode(profile, one.test) !== null)?.test ?? '';

/** Where only the laboratory knows by what number a test is ordered, it has given one. */
const numbered = (profile: Profile): Profile =>
  orderable(profile) !== ''
    ? profile
    : { ...profile, tests: profile.tests.map((one, at) => (at === 0 ? { ...one, order: '101' } : one)) };

describe('every profile, simulated', () => {
  it.each(BUILTIN_PROFILES.map((one) => [one.id, one] as const))(
    '%s: values, units and controls are read as they were sent',
    async (_, profile) => {
      const { disk, analyser, ended, world } = meet(profile, new Map());
      await world.until(() => analyser.state() === 'ready', MINUTE);
      const codes = [...new Map(profile.tests.map((one) => [one.test, one.code])).values()].slice(0, 8);
      const run = await ended(analyser.run('26210T100017', { tests: codes }));
      expect(run).toMatchObject({ outcome: 'acknowledged' });
      const controls = await ended(analyser.runQc({ tests: codes.slice(0, 3) }));
      expect(controls.map((one) => one.outcome)).toEqual(['acknowledged', 'acknowledged']);
      expect(disk.held).toEqual([]);
      expect(disk.unreadable).toEqual([]);
      expect(posted(disk, false)).toEqual(sent([run], profile));
      expect(posted(disk, true)).toHaveLength(controls.flatMap((one) => one.results).length);
      const texts = (list: readonly unknown[][]) => list.map((one) => one.slice(1)).sort();
      expect(texts(posted(disk, true))).toEqual(texts(sent(controls, profile)));
      const pictures = profile.protocol === 'hl7' && profile.section === 'haematology';
      expect(disk.images.map((one) => [one.specimenId, one.contentType])).toEqual(
        pictures ? [['26210T100017', 'image/png']] : [],
      );
    },
  );

  it.each(BUILTIN_PROFILES.filter((one) => one.protocol === 'hl7').map((one) => [one.id, one] as const))(
    'M6 %s: a control is known without the beginning of its number',
    async (_, profile) => {
      const plain: Profile = { ...profile, qc: { ...profile.qc, specimenPrefixes: [] } };
      const { disk, analyser, ended } = meet(profile, new Map(), plain);
      const code = profile.tests[0]?.code ?? '';
      await ended(analyser.runQc({ level: 1, tests: [code] }));
      expect([...disk.ledger.values()].map((one) => [one.isQc, one.code])).toEqual([[true, code]]);
    },
  );

  const rates = {
    splitPackets: 0.3,
    mergedBlocks: 0.2,
    lostAck: 0.1,
    duplicateFrame: 0.2,
    hangUp: 0.1,
    garbage: 0.2,
    wrongAnswer: 0.2,
  };
  it.each(
    BUILTIN_PROFILES.filter((one) => one.protocol === 'hl7').flatMap((one) =>
      [1, 2, 3].map((seed) => [one.id, seed, one] as const),
    ),
  )('M4 %s with faults of seed %s: every message arrives, each once', async (_, seed, profile) => {
    const orders = new Map(['A1', 'A2', 'A3', 'A4'].map((id) => [id, [orderable(profile)]]));
    const { disk, analyser, ended } = meet(profile, orders, profile, { seed, rates });
    const kinds = new Set<string>();
    analyser.on((event) => kinds.add(event.type));
    const runs: RunOutcome[] = [];
    for (const id of orders.keys()) runs.push(await ended(analyser.run(id)));
    expect(runs.map((one) => one.outcome)).toEqual(runs.map(() => 'acknowledged'));
    expect(posted(disk, false)).toEqual(sent(runs, profile));
    expect(disk.held).toEqual([]);
    expect(kinds).toContain('fault');
  });

  it.each(
    BUILTIN_PROFILES.filter((one) => one.protocol === 'astm' && canQuery(one)).map(
      (one) => [one.id, numbered(one)] as const,
    ),
  )(
    'L7 %s: both ask at once whenever the bench has an answer, and every answer arrives',
    async (_, profile) => {
      const orders = new Map(['A1', 'A2'].map((id) => [id, [orderable(profile)]]));
      const { disk, analyser, ended, bench, world } = meet(profile, orders, profile, {
        seed: 3,
        rates: { contention: 1 },
      });
      const kinds: string[] = [];
      analyser.on((event) => kinds.push(event.type));
      await world.until(() => analyser.state() === 'ready', MINUTE);
      const runs: RunOutcome[] = [];
      for (const id of orders.keys()) runs.push(await ended(analyser.run(id)));
      expect(runs.map((one) => one.outcome)).toEqual(['acknowledged', 'acknowledged']);
      expect(kinds.filter((kind) => kind === 'orders')).toHaveLength(2);
      expect(kinds).not.toContain('noAnswer');
      expect(bench.session.counters().contentions).toBe(2);
      expect(posted(disk, false)).toEqual(sent(runs, profile));
    },
  );

  it.each(BUILTIN_PROFILES.filter(canQuery).map((one) => [one.id, numbered(one)] as const))(
    'R8 %s: asks for its orders, measures those, and does nothing without',
    async (_, profile) => {
      const test = orderable(profile);
      const { disk, analyser, ended, world } = meet(profile, new Map([['A1', [test]]]));
      const kinds: string[] = [];
      analyser.on((event) => kinds.push(event.type));
      await world.until(() => analyser.state() === 'ready', MINUTE);
      const run = await ended(analyser.run('A1'));
      expect(run).toMatchObject({ outcome: 'acknowledged' });
      expect(kinds).toEqual(expect.arrayContaining(['asked', 'orders', 'acknowledged']));
      expect(posted(disk, false)).toEqual(sent([run], profile));
      expect([...disk.ledger.values()].map((one) => one.test)).toContain(test);
      expect(await ended(analyser.run('A2'))).toMatchObject({ outcome: 'nothingToDo' });
      expect(kinds).toContain('noOrders');
      expect(kinds).not.toContain('noAnswer');
      if (profile.protocol === 'hl7' && profile.dialect.query === 'law')
        expect(disk.outcomes).toContainEqual(expect.objectContaining({ specimenId: 'A1', taken: true }));
    },
  );

  it.each(BUILTIN_PROFILES.filter(canDownload).map((one) => [one.id, numbered(one)] as const))(
    '%s: takes orders it has not asked for',
    async (_, profile) => {
      const test = orderable(profile);
      const { disk, analyser, bench, ended, world } = meet(profile, new Map([['B1', [test]]]));
      await world.until(() => analyser.state() === 'ready', MINUTE);
      await ended(bench.download('B1'));
      expect([...analyser.downloaded.keys()]).toEqual(['B1']);
      const run = await ended(analyser.run('B1'));
      expect(posted(disk, false)).toEqual(sent([run], profile));
      expect(run.results.length).toBeGreaterThan(0);
    },
  );
});
