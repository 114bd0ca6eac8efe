import { inflateSync } from 'node:zlib';

/** A decoded picture as brightness, 0 black to 255 white, row by row. */
export interface GreyPicture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Bytes per pixel by PNG colour type, at 8 bits a channel. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Reads a PNG of 8 bits a channel (or 1 bit grey), not interlaced, into brightness.
 * @throws RangeError for other kinds of PNG.
 */
export function readPng(bytes: Uint8Array): GreyPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let palette: Uint8Array = new Uint8Array();
  let [width, height, depth, colour] = [0, 0, 0, 0];
  for (let at = 8; at < bytes.length; ) {
    const length = view.getUint32(at);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      [depth, colour] = [bytes[at + 16] ?? 0, bytes[at + 17] ?? 0];
      if (bytes[at + 20] !== 0) throw new RangeError('interlaced PNG');
    } else if (type === 'PLTE') palette = body;
    else if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const channels = CHANNELS[colour];
  if (channels === undefined || (depth !== 8 && channels !== 1)) throw new RangeError('unsupported PNG');
  const raw = inflateSync(Buffer.concat(data));
  const stride = Math.ceil((width * channels * depth) / 8);
  const step = Math.max(1, (channels * depth) / 8);
  const lines = unfilter(raw, stride, step, height);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const line = lines.subarray(y * stride, (y + 1) * stride);
      if (depth < 8) {
        const bit = x * depth;
        const value = ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
        const grey = colour === 3 ? (palette[value * 3] ?? 0) : (value * 255) / ((1 << depth) - 1);
        pixels[y * width + x] = grey;
      } else {
        const first = line[x * channels] ?? 0;
        pixels[y * width + x] = colour === 3 ? (palette[first * 3] ?? 0) : first;
      }
    }
  }
  return { width, height, pixels };
}

function unfilter(raw: Uint8Array, stride: number, step: number, height: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const value = raw[y * (stride + 1) + 1 + x] ?? 0;
      const a = x >= step ? (out[y * stride + x - step] ?? 0) : 0;
      const b = y > 0 ? (out[(y - 1) * stride + x] ?? 0) : 0;
      const c = x >= step && y > 0 ? (out[(y - 1) * stride + x - step] ?? 0) : 0;
      const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter] ?? 0;
      out[y * stride + x] = (value + predicted) & 255;
    }
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The smallest rectangle with all dark pixels inside an area, or undefined when it is white. */
export function darkBounds(
  picture: GreyPicture,
  area: { x: number; y: number; w: number; h: number } = { x: 0, y: 0, w: picture.width, h: picture.height },
): { left: number; top: number; right: number; bottom: number } | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = Math.max(0, area.y); y < Math.min(picture.height, area.y + area.h); y++) {
    for (let x = Math.max(0, area.x); x < Math.min(picture.width, area.x + area.w); x++) {
      if ((picture.pixels[y * picture.width + x] ?? 255) >= 128) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right < left ? undefined : { left, top, right, bottom };
}
