import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/** The most an answer that comes compressed may become, in bytes. */
const MOST = 512 * 1024 * 1024;

/** How what is packed is unpacked, by the names of Content-Encoding. */
const UNPACK: ReadonlyMap<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> =
  new Map([
    ['gzip', promisify(gunzip)],
    ['x-gzip', promisify(gunzip)],
    ['deflate', promisify(inflate)],
    ['br', promisify(brotliDecompress)],
    ['identity', async (bytes: Buffer) => bytes],
  ]);

/**
 * The text of an answer that came compressed although nobody asked for it, as some proxies do.
 * @param packing Content-Encoding: what was applied last stands last @throws Error for one that is not known, or where the bytes are not packed so
 */
export async function unpacked(bytes: Uint8Array, packing: string): Promise<string> {
  let plain: Buffer = Buffer.from(bytes);
  for (const name of packing.toLowerCase().split(',').reverse()) {
    const unpack = UNPACK.get(name.trim());
    if (unpack === undefined) throw new Error(`The answer is packed in a way nobody asked for: ${packing}`);
    if (plain.length > 0) plain = await unpack(plain, { maxOutputLength: MOST });
  }
  return new TextDecoder().decode(plain);
}
