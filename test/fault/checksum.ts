/** Whether a block on the line has the checksum its protocol asks for; written apart from the product, to judge it. */
import type { Profile } from '../../shared/profiles/profile.ts';
import { markOf } from '../../shared/protocols/stream/framing.ts';

/** True for protocols that give a block a checksum. */
export function isChecked({ protocol, link }: Profile): boolean {
  if (protocol === 'astm') return true;
  return protocol === 'stream' && 'checksum' in link && link.checksum.kind !== 'none';
}

/** @param raw a block as it came, one character per byte; its line end may be missing */
export function passesChecksum(raw: string, profile: Profile): boolean {
  if (profile.protocol === 'astm') {
    const match = /^\x02([\s\S]*[\x03\x17])([0-9A-Fa-f]{2})[\r\n]*$/.exec(raw);
    return match !== null && sum(match[1] ?? '') === Number.parseInt(match[2] ?? '', 16);
  }
  if (profile.protocol !== 'stream') return true;
  const { checksum, start, end, more } = profile.link;
  const value = checksum.kind === 'xor' ? xor : sum;
  const length = checksum.form === 'hex' ? 2 : 1;
  const read = (text: string) => (checksum.form === 'hex' ? Number.parseInt(text, 16) : text.charCodeAt(0));
  const before = checksum.withStart ? markOf(start) : '';
  const body = raw.slice(markOf(start).length);
  if (checksum.place === 'beforeEnd') {
    const inner = body.slice(0, body.lastIndexOf(markOf(end)));
    return value(before + inner.slice(0, -length)) === read(inner.slice(-length));
  }
  const ended = body.slice(0, -length);
  const mark = [end, more].map(markOf).find((one) => one !== '' && ended.endsWith(one)) ?? '';
  const summed = checksum.withEnd ? ended : ended.slice(0, ended.length - mark.length);
  return value(before + summed) === read(body.slice(-length));
}

function sum(text: string): number {
  let total = 0;
  for (const char of text) total = (total + char.charCodeAt(0)) & 0xff;
  return total;
}

function xor(text: string): number {
  let total = 0;
  for (const char of text) total ^= char.charCodeAt(0);
  return total;
}
