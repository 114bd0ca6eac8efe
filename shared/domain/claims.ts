/** What can be claimed: a specimen's work on the bench, a case at sign-out. */
export const claimable = ['specimens', 'reports'] as const;
export type Claimable = (typeof claimable)[number];

/** A claim holds for so long after the server last heard of it, in ms; who works renews it in time. */
export const CLAIM_MS = 5 * 60_000;
/** It is renewed after so long, in ms. */
export const RENEW_MS = 2 * 60_000;

/** Somebody works on something. */
export interface Claim {
  collection: Claimable;
  docId: string;
  /** Code of the station it is worked on at. */
  station: string;
  personId: string;
  name: string;
  /** Instant it was taken, by the clock of the server as far as that is known. */
  since: string;
}

/** What a claim is known by at every station. */
export function claimKey(collection: Claimable, docId: string): string {
  return `${collection}/${docId}`;
}

/**
 * True while a claim holds: stations that die leave nothing locked. Both times are the server's, so that a wrong clock of a station neither
 * shortens nor lengthens it.
 * @param stampMs when the server last heard of it @param serverNowMs the server's present, both in ms since the epoch
 */
export function claimHolds(stampMs: number, serverNowMs: number): boolean {
  return serverNowMs - stampMs < CLAIM_MS;
}
