import { createHash } from 'node:crypto';
import type { jsPDF } from 'jspdf';

/**
 * Sets everything in a PDF that would otherwise depend on when and where it was made: creation date, file identifier, title.
 * `createdAt` is an ISO 8601 instant in UTC; `source` is what the file was made from.
 * @throws RangeError when `createdAt` is not an instant.
 */
export function stamp(doc: jsPDF, title: string, createdAt: string, source: string): void {
  const date = new Date(createdAt);
  if (Number.isNaN(date.getTime())) throw new RangeError('createdAt is not an instant');
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  doc.setCreationDate(`D:${digits}+00'00'`);
  doc.setFileId(createHash('sha256').update(source, 'utf8').digest('hex').slice(0, 32).toUpperCase());
  doc.setProperties({ title, creator: 'Levey' });
  doc.setLanguage('en');
}
