/**
 * What earlier runs acknowledged and did not post, of analysers that the station file names no longer or gives another protocol. No line reads it
 * now, so a person is told, at every start, until the analyser is back as it was: then its line posts it.
 */
import { createHash } from 'node:crypto';
import { LeveyError } from '../../../shared/errors.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';
import { setProblem } from '../problems.ts';
import type { JournalMessage } from '../store/sqlite/journal-tables.ts';
import { instrumentId } from './instrument-id.ts';
import { messagesBetween } from './reading.ts';

/**
 * Puts what is left behind on the strip: `instrument.leftBehind`. Call it before the instruments' records are brought up to the station file, for
 * they say how an analyser spoke.
 * @param profiles of the analysers in the station file, by their names there
 */
export async function tellLeftBehind(bench: Bench, profiles: ReadonlyMap<string, Profile>): Promise<void> {
  const { store, station } = bench;
  const now = new Map([...profiles].map(([name, profile]) => [instrumentId(station.code, name), profile]));
  const names = new Map<string, string>();
  for (const { id, name, profileId } of await store.find('instruments', { selector: {} })) {
    if (!id.startsWith(`${station.code}.`)) continue;
    names.set(id, name);
    const former = builtinProfile(profileId);
    if (former !== undefined && !isReadBy(former, now.get(id))) keepOnRecord(bench, id, former);
  }
  const left = new Map<string, JournalMessage[]>();
  for (const message of store.journal.unposted()) {
    const { instrumentId: id } = message;
    const former = builtinProfile(profileOf(message));
    const current = now.get(id);
    const isRead = former === undefined ? current?.protocol === message.kind : isReadBy(former, current);
    if (names.has(id) && !isRead) left.set(id, [...(left.get(id) ?? []), message]);
  }
  for (const [id, messages] of left) {
    const former = [...new Set(messages.map(profileOf))].filter((one) => one !== '').join(', ');
    setProblem(
      bench,
      `left:${id}`,
      leftBehind(names.get(id) ?? id, messages.length, former || messages[0]?.kind || ''),
    );
  }
}

/** Whether a line of this profile finds what one of the former profile left in the journal. */
function isReadBy(former: Profile, now: Profile | undefined): boolean {
  if (former.protocol !== now?.protocol) return false;
  return former.protocol !== 'stream' || former.id === now.id;
}

/** The profile under which a message that is left behind came; '' where nothing is left behind. */
function profileOf({ detail }: JournalMessage): string {
  return String((detail as { profile?: string } | null)?.profile ?? '');
}

/** Records what so far only rows of the journal say, so that it is found whatever comes behind it. */
function keepOnRecord({ store: { journal } }: Bench, id: string, former: Profile): void {
  const detail = { profile: former.id };
  const newest = journal.messages(id, 1)[0]?.lastSeq ?? 0;
  for (const message of journal.unposted())
    if (message.instrumentId === id && profileOf(message) === '') journal.mark({ id: message.id, detail });
  for (const message of messagesBetween(journal, id, former, newest, Number.MAX_SAFE_INTEGER)) {
    journal.expectMessage({
      id: String(message.journal.lastSeq),
      instrumentId: id,
      ...message.journal,
      at: message.at,
      state: 'received',
      told: message.told ?? 'accepted',
      kind: former.protocol,
      digest: createHash('sha256').update(message.text).digest('hex'),
      detail,
    });
  }
}

function leftBehind(name: string, count: number, profile: string): LeveyError {
  return new LeveyError({
    code: 'instrument.leftBehind',
    what: `Messages of ${name} that were acknowledged and are not posted: ${count}. No line reads them since the station file changed.`,
    safe: 'Nothing was lost: the journal keeps them.',
    todo: `Name ${name} with the profile ${profile} in the station file again: they are posted at the next start.`,
    details: { name, count, profile },
  });
}
