import type { SpecimenDoc } from '../../shared/documents/specimen.ts';
import { parseAccession } from '../../shared/domain/accession-number.ts';
import type { Bench } from './bench.ts';

/** Specimens whose accession number begins with what was typed or scanned; hyphens and case do not matter. At most 8. */
export async function accessionFor(bench: Bench, text: string): Promise<SpecimenDoc[]> {
  const parsed = parseAccession(text);
  const start = parsed.ok ? parsed.identifier : text.replace(/[\s-]/g, '').toUpperCase();
  if (start.length < 2) return [];
  return bench.store.find('specimens', {
    selector: { accessionIdentifier: { $gte: start, $lt: `${start}\uffff` } },
    sort: [{ accessionIdentifier: 'desc' }],
    limit: 8,
  });
}

/** The specimen with exactly this number, however it was written; undefined when it is not on this station. */
export async function specimenByNumber(
  reader: Pick<Bench['store'], 'find'>,
  text: string,
): Promise<SpecimenDoc | undefined> {
  const parsed = parseAccession(text);
  const identifier = parsed.ok ? parsed.identifier : text.trim();
  if (identifier === '') return undefined;
  const found = await reader.find('specimens', {
    selector: { accessionIdentifier: { $eq: identifier.slice(0, 16) } },
    limit: 1,
  });
  return found[0];
}
