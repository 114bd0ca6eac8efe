/**
 * What must hold at the end of a session of faults, as functions over what the session knows. Each gives what is wrong, in sentences; none: it held.
 *
 * What a protocol can promise bounds what is checked. ASTM and two of the line protocols have a checksum: a block that was altered on the way must not be
 * accepted unless its checksum is right all the same, which one byte in 256 makes it; that is found by a sum of our own, counted (`collisions`) and not blamed.
 * MLLP, files and streams without checksum cannot tell an altered byte: on those, bytes are altered in few sessions only, and in these the bench is asked
 * for no more than to go on: the clean message afterwards arrives, once. TCP, over which MLLP goes, does not alter bytes.
 */
import type { Profile } from '../../shared/profiles/profile.ts';
import { toBinary } from '../../shared/protocols/astm/bytes.ts';
import type { RunOutcome, SentResult } from '../sim/analyser/analyser.ts';
import type { Disk } from './bench.ts';
import { isChecked, passesChecksum } from './checksum.ts';
import { type FaultyLine, unended } from './line.ts';

/** What a session knows when all is over. */
export interface Known {
  profile: Profile;
  /** bytes were altered on a line without checksum */
  blind: boolean;
  disk: Pick<Disk, 'rows' | 'ledger' | 'held' | 'messages'>;
  /** the blocks the device sent, and those the line gave another number */
  line: Pick<FaultyLine, 'written' | 'renumbered'>;
  /** what the device knows as taken */
  acknowledged: readonly { specimenId: string; results: readonly SentResult[] }[];
  /** what the device measured, and what became of it */
  outcomes: readonly RunOutcome[];
}

/**
 * Blocks that were accepted and that the device never sent: each must be one that its protocol cannot tell. With `collisions` above 0, results may be
 * altered without blame.
 */
export function checkBlocks({ profile, blind, disk, line }: Known): {
  collisions: number;
  problems: string[];
} {
  const problems: string[] = [];
  let collisions = 0;
  if (profile.protocol === 'file') return { collisions, problems };
  for (const { direction, note, bytes } of disk.rows) {
    const mark = (note ?? '').split(':')[0] ?? '';
    if (direction !== 'in' || !['frame', 'block', 'duplicate'].includes(mark)) continue;
    const block = unended(bytes);
    if (line.written.has(block)) continue;
    if (line.renumbered.has(block)) problems.push('a frame with a wrong number was accepted');
    else if (isChecked(profile) && !passesChecksum(toBinary(bytes), profile))
      problems.push(`a block with a wrong checksum was accepted: ${JSON.stringify(block)}`);
    else if (isChecked(profile) || blind) collisions += 1;
    else problems.push(`a block was accepted that was never sent: ${JSON.stringify(block)}`);
  }
  return { collisions, problems };
}

/** No wrong value, nothing acknowledged lost, nothing twice. */
export function checkResults(known: Known): string[] {
  const problems: string[] = [];
  const measured = counted(known.outcomes.flatMap(namesSent));
  const there = counted([...known.disk.ledger.values()].map(nameKept));
  for (const [key, count] of there) {
    const sent = measured.get(key) ?? 0;
    if (sent === 0) problems.push(`posted, but never measured: ${key}`);
    else if (count > sent) problems.push(`posted ${count} times, measured ${sent} times: ${key}`);
  }
  if (!answers(known.profile)) return problems;
  const promised = counted(known.acknowledged.flatMap(namesSent));
  const waiting = counted(known.disk.held.map(nameKept));
  for (const [key, count] of promised) {
    const found =
      (there.get(key) ?? 0) + keptForPerson(known, waiting.get(key) ?? 0) + unknownTests(known, key);
    if (found < count) problems.push(`acknowledged ${count} times, there ${found} times: ${key}`);
  }
  return problems;
}

/** The clean message at the end was acknowledged and is there, once; every message was posted. @param last its specimen */
export function checkLast({ disk, outcomes }: Known, last: string): string[] {
  const problems: string[] = [];
  const run = outcomes.find((one) => one.specimenId === last);
  const posted = [...disk.ledger.values()].filter((one) => one.specimenId === last);
  const sent = (run?.results ?? []).map((one) => `${one.code} ${one.text}`).sort();
  const there = posted.map((one) => `${one.code} ${one.text}`).sort();
  if (run?.outcome !== 'acknowledged') problems.push(`the clean message at the end: ${run?.outcome}`);
  else if (sent.join() !== there.join())
    problems.push(`the clean message at the end: sent ${sent.join(', ')}; posted ${there.join(', ')}`);
  for (const { state, lastSeq } of disk.messages.values())
    if (state !== 'posted') problems.push(`message ${lastSeq} is not posted`);
  return problems;
}

const nameOf = (specimenId: string, code: string, text: string): string => `${specimenId} ${code} ${text}`;

/** Results as the device names them. Controls may have another number on the line. */
function namesSent(run: { specimenId: string; results: readonly SentResult[] }): string[] {
  const specimenId = run.specimenId.startsWith('QC-L') ? 'QC' : run.specimenId;
  return run.results.map((one) => nameOf(specimenId, one.code, one.text));
}

/** A result as the bench names it. */
const nameKept = (one: { isQc: boolean; specimenId: string; code: string; text: string }): string =>
  nameOf(one.isQc ? 'QC' : one.specimenId, one.code, one.text);

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** False: the device is never told that something has arrived, and sends it once only. */
function answers(profile: Profile): boolean {
  return profile.protocol !== 'stream' || profile.link.handshake !== 'none';
}

/**
 * A device whose blocks are acknowledged one by one does not repeat those of a message that broke off: what is left of it waits for a person.
 * Everywhere else a held result is not a posted one.
 */
const keptForPerson = ({ profile }: Known, held: number): number =>
  profile.protocol === 'stream' ? held : 0;

/**
 * Results that wait because nobody knows their test: a device that heard an order altered, on a line where no checksum can tell, measured what
 * it understood, under a code of which the bench has never heard, or under none.
 */
function unknownTests({ blind, disk }: Known, key: string): number {
  if (!blind) return 0;
  return disk.held.filter((one) => {
    const names = [nameKept(one), nameOf(one.specimenId, '', one.text)];
    return one.reasons.includes('unknownTest') && names.includes(key);
  }).length;
}
