import type { ResultDoc } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import type { Claim, Claimable } from '../../../shared/domain/claims.ts';
import { labelTime } from '../../../shared/labels/format.ts';
import type { Bench } from '../bench.ts';
import { refuse } from '../faults.ts';
import { type Rounds, startRounds } from '../rounds.ts';
import { type ClaimClient, Claims } from './claims.ts';

/** The claims of a station: in memory, told to the other stations by {@link startClaims}. */
export function claimsOf(bench: Pick<Bench, 'station' | 'clock' | 'hub' | 'store'>): Claims {
  return new Claims({
    station: bench.station.code,
    now: () => bench.clock.now(),
    changed: () => bench.hub.changed(['channel:claims']),
    lost: (mine, theirs) => {
      const { collection, docId, personId } = mine;
      const context = {
        actor: personId,
        command: 'claim.lost',
        station: bench.station.code,
        at: bench.clock.now().toISOString(),
      };
      bench.store.note(context, 'claim lost', { collection, docId, to: theirs.station, by: theirs.personId });
      bench.hub.changed(['channel:claims']);
    },
  });
}

/** Tells claims and reads those of others while the server answers. @param everyMs between two looks */
export function startClaims(
  bench: Bench,
  client: ClaimClient,
  everyMs: number,
  isOnline: () => boolean,
): Rounds {
  return startRounds(bench, everyMs, 'claims.later', async () => {
    if (isOnline()) await bench.claims.exchange(client);
  });
}

/**
 * Refuses work on what somebody at another station works on.
 * @param what how a person calls it @throws LeveyError `claim.held` with who and since when
 */
export function refuseClaimed(bench: Bench, collection: Claimable, docId: string, what: string): void {
  const claim = bench.claims.elsewhere(collection, docId);
  if (claim !== undefined) throw heldBy(bench, claim, what);
}

/** Who works on the specimen of a result at another station; undefined when nobody does, or it has none. */
export function claimedElsewhere(
  bench: Pick<Bench, 'claims'>,
  { specimenId }: Pick<ResultDoc, 'specimenId'>,
): Claim | undefined {
  return specimenId === '' ? undefined : bench.claims.elsewhere('specimens', specimenId);
}

/**
 * Refuses a person's work on a result whose specimen somebody at another station works on. What an analyser sends and the rules release by
 * themselves is not kept by it: a claim says who of two people types, a measurement is nobody's typing and must not wait for either.
 * @throws LeveyError `claim.held` with who and since when
 */
export function refuseClaimedResult(
  bench: Bench,
  result: Pick<ResultDoc, 'specimenId' | 'accessionIdentifier'>,
): void {
  const claim = claimedElsewhere(bench, result);
  if (claim !== undefined) throw heldBy(bench, claim, formatAccession(result.accessionIdentifier));
}

/** Says who works on it. */
export function heldBy(bench: Bench, claim: Claim, what: string): Error {
  const since = labelTime(claim.since, bench.station.timeZone);
  return refuse(
    'claim.held',
    `${what} is being worked on at ${claim.station} by ${claim.name}, since ${since}.`,
    'Wait, or take it over.',
    { station: claim.station, name: claim.name, since: claim.since },
  );
}
