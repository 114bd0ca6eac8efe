/** A small picture as haematology lines send it beside their counts. */
import { crc32, deflateSync } from 'node:zlib';
import { gaussian, type Random } from '../random.ts';

const WIDTH = 64;
const HEIGHT = 32;

/** A histogram of invented cells: a grey PNG of 64 x 32. */
export function histogramPng(random: Random): Buffer {
  const columns = Array.from({ length: WIDTH }, () => 0);
  const middle = WIDTH * (0.3 + 0.4 * random());
  for (let cell = 0; cell < 400; cell += 1) {
    const at = Math.round(middle + gaussian(random) * 8);
    if (at >= 0 && at < WIDTH) columns[at] = (columns[at] ?? 0) + 1;
  }
  const most = Math.max(...columns, 1);
  const rows = Array.from({ length: HEIGHT }, (_, y) => {
    const filter = 0;
    const dark = (n: number) => (n / most) * HEIGHT >= HEIGHT - y;
    return Buffer.from([filter, ...columns.map((n) => (dark(n) ? 0x20 : 0xff))]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
