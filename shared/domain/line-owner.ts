/** Who owns the line of an analyser that several stations of the laboratory have in their station files. */

/** The owner tells the server so often that it is there, in ms. */
export const LINE_RENEW_MS = 3 * 60_000;
/** Heard of by the server so long ago, in ms, an owner is away and may be replaced. Its line stays its own until somebody does so. */
export const LINE_AWAY_MS = 10 * 60_000;

/** What the stations know of one analyser, by its serial number. */
export interface LineOwner {
  serialNumber: string;
  /** Code of the station that has the line, or that gave it over last. */
  station: string;
  /** Id and name of who made it so; empty when nobody did: the station had it first. */
  personId: string;
  name: string;
  /** Instant since when, by the clock of the server as far as that is known. */
  since: string;
  /** Given over: whoever takes it first has it. */
  free: boolean;
  /** The station it was taken over from without being given over, and why; else empty. */
  takenFrom: string;
  reason: string;
  /** Codes of all stations that have this analyser, sorted. */
  stations: string[];
}

/**
 * True once an owner has not been heard of for {@link LINE_AWAY_MS}.
 * @param stampMs when the server last heard of it @param serverNowMs the server's present, both in ms since the epoch
 */
export function ownerAway(stampMs: number, serverNowMs: number): boolean {
  return serverNowMs - stampMs > LINE_AWAY_MS;
}
