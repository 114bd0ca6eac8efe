import { createHash } from 'node:crypto';

/**
 * Id of a version of the report of a requisition: the same at every station of the laboratory, so that two stations that work on one requisition
 * make one report at the server and never two. A UUID of version 8 (RFC 9562) out of SHA-256.
 */
export function reportId(requisition: string, version: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['report', requisition, version]))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
