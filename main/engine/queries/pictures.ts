/** Pictures analysers sent, found by result and by specimen. They are read from the journalled message each time: its bytes are the only truth. */
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import type { PictureRow } from '../../../shared/ipc/instruments.ts';
import type { CanonicalImage } from '../../../shared/profiles/canonical.ts';
import { specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { type PictureNote, picturesOf } from '../instruments/pictures.ts';
import type { JournalMessage } from '../store/sqlite/journal-tables.ts';
import { profileOf } from './profile-of.ts';

/** How long after a specimen was made its pictures are looked for in messages without results of it, days. */
const PICTURE_DAYS = 14;

/** Pictures that came with a result's message and are of its specimen, or name none. */
export async function picturesOfResult(bench: Bench, resultId: string): Promise<PictureRow[]> {
  const result = await bench.store.get('results', resultId);
  if (result === undefined || result.messageId === '') return [];
  const message = bench.store.journal.message(result.messageId);
  const specimen = await bench.store.get('specimens', result.specimenId);
  if (message === undefined || specimen === undefined || notesOf(message).length === 0) return [];
  return picturesIn(bench, message, specimen, true);
}

/** Pictures that came with the message of an exception and are of the specimen it was sent for, or name none. */
export async function picturesOfException(bench: Bench, taskId: string): Promise<PictureRow[]> {
  const task = await bench.store.get('tasks', taskId);
  if (task === undefined || task.kind !== 'exception' || task.messageId === '') return [];
  const message = bench.store.journal.message(task.messageId);
  if (message === undefined || notesOf(message).length === 0) return [];
  const profile = await profileOf(bench, message.instrumentId);
  if (profile === undefined) return [];
  return picturesOf(bench.store.journal, message.id, profile, bench.station.timeZone)
    .filter(({ specimenId }) => specimenId === null || specimenId === task.sentSpecimen)
    .map((image) => rowOf(message, image));
}

/** Pictures of a specimen in the messages of its results, and in messages that name it in their detail. */
export async function picturesOfSpecimen(bench: Bench, specimenId: string): Promise<PictureRow[]> {
  const { store } = bench;
  const specimen = await store.get('specimens', specimenId);
  if (specimen === undefined) return [];
  const results = await store.find('results', {
    selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
  });
  const withResults = new Set(results.map((result) => result.messageId).filter((id) => id !== ''));
  const found = new Map<string, JournalMessage>();
  for (const id of withResults) {
    const message = store.journal.message(id);
    if (message !== undefined && notesOf(message).length > 0) found.set(id, message);
  }
  const until = new Date(Date.parse(specimen.createdAt) + PICTURE_DAYS * 86_400_000).toISOString();
  for (const message of store.journal.messagesWithImages(specimen.createdAt, until)) {
    if (found.has(message.id)) continue;
    if (await namesIt(bench, notesOf(message), specimen)) found.set(message.id, message);
  }
  const rows: PictureRow[] = [];
  for (const message of [...found.values()].sort((a, b) => a.firstSeq - b.firstSeq)) {
    rows.push(...(await picturesIn(bench, message, specimen, withResults.has(message.id))));
  }
  return rows;
}

function notesOf({ detail }: JournalMessage): PictureNote[] {
  return (detail as { images?: PictureNote[] } | null)?.images ?? [];
}

async function namesIt(bench: Bench, notes: readonly PictureNote[], specimen: SpecimenDoc): Promise<boolean> {
  for (const number of new Set(notes.map((note) => note.specimen)))
    if (await isIts(bench, number, specimen)) return true;
  return false;
}

async function isIts(bench: Bench, number: string, specimen: SpecimenDoc): Promise<boolean> {
  if (number === '') return false;
  return (await specimenByNumber(bench.store, number))?.id === specimen.id;
}

/** @param unnamed whether a picture that names no specimen is taken for one of it: the message holds its results */
async function picturesIn(
  bench: Bench,
  message: JournalMessage,
  specimen: SpecimenDoc,
  unnamed: boolean,
): Promise<PictureRow[]> {
  const { instrumentId } = message;
  const profile = await profileOf(bench, instrumentId);
  if (profile === undefined) return [];
  const numbers = new Set(notesOf(message).map((note) => note.specimen));
  // Beside another specimen's results a picture without a number may be either's.
  const alone =
    unnamed && [...numbers].every((number) => number === '' || number === specimen.accessionIdentifier);
  const rows: PictureRow[] = [];
  for (const image of picturesOf(bench.store.journal, message.id, profile, bench.station.timeZone)) {
    const its = image.specimenId === null ? alone : await isIts(bench, image.specimenId, specimen);
    if (!its) continue;
    rows.push(rowOf(message, image));
  }
  return rows;
}

function rowOf(message: JournalMessage, image: CanonicalImage): PictureRow {
  const { code, title, contentType, data, record } = image;
  return {
    id: `${message.id}:${record}`,
    instrumentId: message.instrumentId,
    messageId: message.id,
    at: message.at,
    code,
    title,
    contentType,
    data,
  };
}
