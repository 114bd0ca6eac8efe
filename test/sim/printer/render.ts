import { Buffer } from 'node:buffer';
import { zplToBase64Async } from 'zpl-renderer-js';

/**
 * Renders one label (`^XA` to `^XZ`) to PNG at one pixel per printer dot, with a renderer that is not ours. The size comes from the label's own
 * `^PW` and `^LL`; without them 50.8 x 25.4 mm.
 */
export async function renderLabel(zpl: string, dpi: number): Promise<Buffer> {
  const width = dotsOf(zpl, 'PW') ?? Math.round(2 * dpi);
  const height = dotsOf(zpl, 'LL') ?? dpi;
  // The renderer thinks in dots per millimetre: any whole number serves, as long as the sizes are divided by it.
  const perMm = dpi >= 250 ? 12 : 8;
  const png = await zplToBase64Async(zpl, width / perMm, height / perMm, perMm);
  return Buffer.from(png, 'base64');
}

function dotsOf(zpl: string, command: string): number | undefined {
  const match = new RegExp(`\\^${command}(\\d+)`).exec(zpl);
  return match === null ? undefined : Number(match[1]);
}
