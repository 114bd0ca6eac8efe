import { describe, expect, it } from 'vitest';
import { BUILTIN_PROFILES, builtinProfile } from '../../shared/profiles/builtin.ts';
import type { Profile } from '../../shared/profiles/profile.ts';
import { buildFrame } from '../../shared/protocols/astm/frame.ts';
import { buildBlock, framingOf } from '../../shared/protocols/stream/framing.ts';
import { Disk, type Posted } from './bench.ts';
import { passesChecksum } from './checksum.ts';
import { runFaults } from './run.ts';
import { faultSession, type Sabotage } from './session.ts';

function profileOf(id: string): Profile {
  const found = builtinProfile(id);
  if (found === undefined) throw new Error(id);
  return found;
}

describe('sessions of faults', () => {
  it('L3 L11 M4: 300 sessions: nothing wrong accepted, nothing acknowledged lost, nothing twice, every line recovers', {
    timeout: 120_000,
  }, async () => {
    const seed = Date.now() % 1_000_000_000;
    const lines: string[] = [];
    const summary = await runFaults({
      sessions: 300,
      seed,
      real: 0,
      profiles: BUILTIN_PROFILES,
      say: (line) => lines.push(line),
    });
    expect(lines, `seed ${seed}`).toEqual([]);
    expect(summary.acknowledged, `seed ${seed}`).toBeGreaterThan(600);
    expect(summary.kills, `seed ${seed}`).toBeGreaterThan(50);
    for (const name of ['bitFlip', 'lostByte', 'lostAnswer', 'duplicate', 'split', 'hangUp', 'full'])
      expect(summary.faults[name], `${name}, seed ${seed}`).toBeGreaterThan(0);
    for (const name of ['checksumErrors', 'duplicates', 'naksSent', 'incomplete'])
      expect(summary.seen[name], `${name}, seed ${seed}`).toBeGreaterThan(0);
  });

  it('the same seed is the same session', async () => {
    for (const seed of [3, 4, 5]) expect(await faultSession(seed)).toEqual(await faultSession(seed));
  });

  it.each([
    ['of no test', 392015518],
    ['of another test', 234906],
  ])(
    'what a device measured for an order that was altered to one %s, on a line without checksums, waits for a person',
    async (_, seed) => {
      const report = await faultSession(seed);
      expect(report).toMatchObject({ blind: true, held: 1, problems: [] });
    },
  );
});

/** Problems of sessions in which something is broken on purpose. */
async function sabotaged(ids: readonly string[], sabotage: () => Sabotage, sessions = 60): Promise<string[]> {
  const problems: string[] = [];
  for (let seed = 1; seed <= sessions; seed += 1)
    problems.push(...(await faultSession(seed, ids.map(profileOf), sabotage())).problems);
  return problems;
}

describe('the proof sees', () => {
  it('a message that was acknowledged before it was stored, and lost', async () => {
    const found = await sabotaged(['generic-astm', 'generic-hl7'], () => ({ lies: true }), 120);
    expect(found).toContainEqual(expect.stringMatching(/^acknowledged 1 times, there 0 times/));
  });

  it('a result that is posted twice', async () => {
    class Forgetful extends Map<string, Posted> {
      override get(): undefined {
        return undefined;
      }
      override set(key: string, posted: Posted): this {
        return super.set(`${key} ${this.size}`, posted);
      }
    }
    const disk = () => Object.assign(new Disk(), { ledger: new Forgetful() });
    const found = await sabotaged(['generic-astm', 'generic-hl7'], () => ({ disk: disk() }));
    expect(found).toContainEqual(expect.stringMatching(/^posted 2 times, measured 1 times/));
  });

  it('L3 a block that was taken in spite of its checksum', async () => {
    const read = (profile: Profile): Profile => {
      if (profile.protocol !== 'stream') throw new Error(profile.id);
      const checksum = { ...profile.link.checksum, kind: 'none' as const };
      return { ...profile, link: { ...profile.link, checksum } };
    };
    const found = await sabotaged(['beckman-au480'], () => ({ read }));
    expect(found).toContainEqual(expect.stringMatching(/^a block with a wrong checksum was accepted/));
  });

  it('a line that does not recover', async () => {
    const disk = () => Object.defineProperty(new Disk(), 'full', { get: () => true, set: () => undefined });
    const found = await sabotaged(['generic-astm', 'generic-hl7'], () => ({ disk: disk() }), 2);
    expect(found).toContainEqual(expect.stringMatching(/^the line did not recover/));
  });

  it.each(['generic-astm', 'beckman-au480', 'biomerieux-mini-vidas'])(
    'L3 right and wrong checksums of %s, by a sum of its own',
    (id) => {
      const profile = profileOf(id);
      const text = Buffer.from('1R|1|^^^NA|140', 'latin1');
      const raw =
        profile.protocol === 'stream' ? buildBlock(text, framingOf(profile.link)) : buildFrame(1, text, true);
      const binary = Buffer.from(raw).toString('latin1');
      expect(passesChecksum(binary, profile)).toBe(true);
      expect(passesChecksum(binary.replace('140', '141'), profile)).toBe(false);
    },
  );
});
