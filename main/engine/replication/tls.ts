import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LeveyError } from '../../../shared/errors.ts';

/**
 * Reads the PEM file with the certificates of a laboratory's own authority; relative paths start from `directory`. Every certificate in it
 * is looked at, so that a damaged file is known at the start and not at the first handshake.
 * @throws LeveyError `server.caFile`
 */
export async function readCaFile(file: string, directory: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(resolve(directory, file), 'utf8');
  } catch (cause) {
    throw unusable(file, 'cannot be read', cause);
  }
  return certificatesIn(text, file);
}

/** The certificates in a PEM text, each looked at. @param file what the text is called in a fault. @throws LeveyError `server.caFile` */
export function certificatesIn(text: string, file: string): string {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw unusable(file, 'holds no certificate');
  for (const [at, pem] of certificates.entries()) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw unusable(file, `holds a certificate that cannot be read (number ${at + 1})`, cause);
    }
  }
  return certificates.join('\n');
}

function unusable(file: string, why: string, cause?: unknown): LeveyError {
  return new LeveyError({
    code: 'server.caFile',
    what: `The file with the certificates of your authority, ${file}, ${why}.`,
    safe: 'Nothing was sent. The bench goes on, and everything waits in the queue.',
    todo: 'Correct server.tls.caFile in the station file; the file is PEM text (BEGIN CERTIFICATE).',
    cause,
  });
}
