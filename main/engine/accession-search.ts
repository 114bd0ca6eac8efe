import { ACCESSION_LENGTH } from '../../shared/documents/common.ts';
import type { SpecimenDoc } from '../../shared/documents/specimen.ts';
import { parseAccession } from '../../shared/domain/accession-number.ts';
import type { Bench } from './bench.ts';

const MOST_FOUND = 8;

/** Specimens whose accession number begins with what was typed or scanned; in our own numbers hyphens and case do not matter. At most 8. */
export async function accessionFor(bench: Bench, text: string): Promise<SpecimenDoc[]> {
  const parsed = parseAccession(text);
  const start = parsed.ok ? parsed.identifier : text.replace(/[\s-]/g, '').toUpperCase();
  const found = new Map<string, SpecimenDoc>();
  for (const begin of new Set([start, text.trim()])) {
    if (begin.length < 2 || begin.length > ACCESSION_LENGTH) continue;
    const specimens = await bench.store.find('specimens', {
      selector: { accessionIdentifier: { $gte: begin, $lt: `${begin}\uffff` } },
      sort: [{ accessionIdentifier: 'desc' }],
      limit: MOST_FOUND,
    });
    for (const specimen of specimens) found.set(specimen.id, specimen);
  }
  return [...found.values()].slice(0, MOST_FOUND);
}

/**
 * The specimens with exactly this number: as it was given, without blanks around it, else one of our own numbers however it was
 * written. More than one only where two systems gave the same number.
 */
export async function specimensByNumber(
  reader: Pick<Bench['store'], 'find'>,
  text: string,
): Promise<SpecimenDoc[]> {
  const given = text.trim();
  const found = await withNumber(reader, given);
  if (found.length > 0) return found;
  const parsed = parseAccession(text);
  return parsed.ok && parsed.identifier !== given ? withNumber(reader, parsed.identifier) : [];
}

async function withNumber(reader: Pick<Bench['store'], 'find'>, number: string): Promise<SpecimenDoc[]> {
  if (number === '' || number.length > ACCESSION_LENGTH) return [];
  return reader.find('specimens', { selector: { accessionIdentifier: { $eq: number } }, limit: 2 });
}

/** The one specimen with exactly this number; undefined when none is on this station, or more than one: nothing is guessed. */
export async function specimenByNumber(
  reader: Pick<Bench['store'], 'find'>,
  text: string,
): Promise<SpecimenDoc | undefined> {
  const found = await specimensByNumber(reader, text);
  return found.length === 1 ? found[0] : undefined;
}
