import { randomFillSync } from 'node:crypto';

/** Makes ids for new documents; tests pass a counting one. */
export type NewId = () => string;

/** Counter values within a millisecond: the 12 bits behind the version and the 14 behind the variant. */
const COUNTS = 2 ** 26;

/**
 * Makes UUIDs of version 7 (RFC 9562, section 6.2, method 1): each is greater than the one before it, also within one millisecond and when the
 * clock goes back, so that new documents stay together on disk and keep their order. A counter that begins anywhere in each millisecond
 * stands behind the time; the last 48 bits are random, which with it keeps ids of several stations apart. Not for secrets.
 * @param fill writes random bytes
 */
export function uuidsV7(fill: (bytes: Buffer) => unknown = randomFillSync): (now: Date) => string {
  /** Random bytes fetched ahead: asking the system for each id would cost more than the rest of it. */
  const pool = Buffer.alloc(4_096);
  const bytes = Buffer.alloc(16);
  let used = pool.length;
  let ms = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (now) => {
    if (used === pool.length) {
      fill(pool);
      used = 0;
    }
    pool.copy(bytes, 0, used, used + 16);
    used += 16;
    if (now.getTime() > ms) {
      ms = now.getTime();
      count = bytes.readUInt32BE(6) % COUNTS;
    } else {
      count += 1;
      if (count === COUNTS) {
        ms += 1;
        count = 0;
      }
    }
    bytes.writeUIntBE(ms, 0, 6);
    bytes.writeUInt16BE(0x7000 | (count >>> 14), 6);
    bytes.writeUInt16BE(0x8000 | (count & 0x3fff), 8);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}
