/** Pictures an instrument sent. The journalled message is the only place they are kept in; its detail says which specimens they are of. */
import type { CanonicalImage, Interpretation } from '../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { WireJournal } from '../store/sqlite/journal.ts';
import { journalledMessage, readReceived } from './reading.ts';

/** A picture of a message, as the message's detail names it. */
export interface PictureNote {
  /** the number as sent; '' = none */
  specimen: string;
  code: string;
  title: string;
}

/** What a message's detail says of it besides the outcomes of its results: its pictures, and how many observations were none. */
export function notesOn(interpretations: readonly Interpretation[]): {
  images?: PictureNote[];
  leftOut?: number;
} {
  const leftOut = interpretations.reduce((n, one) => n + (one.leftOut ?? 0), 0);
  return { ...picturesIn(interpretations), ...(leftOut === 0 ? {} : { leftOut }) };
}

/** What a message's detail says of its pictures; nothing when it has none. */
function picturesIn(interpretations: readonly Interpretation[]): { images?: PictureNote[] } {
  const images = interpretations.flatMap((one) =>
    one.images.map(({ specimenId, code, title }) => ({ specimen: specimenId ?? '', code, title })),
  );
  return images.length === 0 ? {} : { images };
}

/** Reads the pictures of a journalled message again, with today's profile. */
export function picturesOf(
  journal: WireJournal,
  messageId: string,
  profile: Profile,
  timeZone: string,
): CanonicalImage[] {
  const message = journalledMessage(journal, messageId, profile);
  if (message === undefined) return [];
  return readReceived(message, profile, timeZone).flatMap((one) => one.images);
}
