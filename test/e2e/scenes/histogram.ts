import { crc32, deflateSync } from 'node:zlib';

const WIDTH = 256;
const HEIGHT = 128;

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A histogram of cell volumes as a haematology analyser sends it: a PNG of 256 x 128 grey pixels. `peaks`: place and height, 0 to 1. */
export function histogramPng(peaks: readonly { at: number; height: number }[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows: Buffer[] = [];
  for (let y = 0; y < HEIGHT; y += 1) {
    const row = Buffer.alloc(WIDTH + 1, 0xff);
    row[0] = 0;
    for (let x = 0; x < WIDTH; x += 1) {
      const level = peaks.reduce(
        (sum, peak) => sum + peak.height * Math.exp(-(((x / WIDTH - peak.at) / 0.08) ** 2)),
        0,
      );
      if (HEIGHT - y <= level * HEIGHT) row[x + 1] = 0x70;
      if (y === HEIGHT - 1) row[x + 1] = 0x20;
    }
    rows.push(row);
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
