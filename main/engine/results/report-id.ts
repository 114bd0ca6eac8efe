import { hash } from 'node:crypto';

/**
 * Id of a version of the report of a requisition: the same at every station of the laboratory, so that two stations that work on one requisition
 * make one report at the server and never two. A UUID of version 8 (RFC 9562) out of SHA-256.
 */
export function reportId(requisition: string, version: number): string {
  const hex = hash('sha256', JSON.stringify(['report', requisition, version]), 'hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
