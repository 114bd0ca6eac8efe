/** Delimiters and escapes of LIS02-A2 (R1, R10). Works on binary strings: one character per byte. */

/** The four delimiters, each one byte as a character. */
export interface Delimiters {
  field: string;
  repeat: string;
  component: string;
  escape: string;
}

/** What we send unless a profile says otherwise. Never assumed on reading (R1). */
export const USUAL_DELIMITERS: Delimiters = { field: '|', repeat: '\\', component: '^', escape: '&' };

/**
 * Reads the delimiters from a header record (R1): the byte after `H` is the field delimiter, the next three are repeat,
 * component and escape. `null` when they are missing, not four different bytes, or letters or digits.
 */
export function readDelimiters(header: string): Delimiters | null {
  const [field = '', repeat = '', component = '', mark = ''] = header.slice(1, 5);
  const all = [field, repeat, component, mark];
  if (header.charAt(0) !== 'H' || new Set(all).size !== 4) return null;
  if (all.some((one) => one === '' || /[A-Za-z0-9\r\n]/.test(one))) return null;
  return { field, repeat, component, escape: mark };
}

/** R10: `&F& &S& &R& &E& &Xhh..&` with the message's own escape byte. Anything else between escapes stays as it is. */
export function unescapeText(text: string, delimiters: Delimiters): string {
  const mark = delimiters.escape;
  if (!text.includes(mark)) return text;
  let out = '';
  for (let at = 0; at < text.length; ) {
    const end = text[at] === mark ? text.indexOf(mark, at + 1) : -1;
    const meaning = end < 0 ? null : meaningOf(text.slice(at + 1, end), delimiters);
    if (meaning === null) {
      out += text[at];
      at += 1;
    } else {
      out += meaning;
      at = end + 1;
    }
  }
  return out;
}

function meaningOf(code: string, delimiters: Delimiters): string | null {
  switch (code) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'R':
      return delimiters.repeat;
    case 'E':
      return delimiters.escape;
    default:
      break;
  }
  if (!/^X(?:[0-9A-Fa-f]{2})+$/.test(code)) return null;
  return code.slice(1).replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}

/** Inverse of {@link unescapeText}: delimiters become their letters, control bytes become `&Xhh&`, so that L16 holds. */
export function escapeText(text: string, delimiters: Delimiters): string {
  const mark = delimiters.escape;
  let out = '';
  for (const one of text) {
    if (one === delimiters.field) out += `${mark}F${mark}`;
    else if (one === delimiters.component) out += `${mark}S${mark}`;
    else if (one === delimiters.repeat) out += `${mark}R${mark}`;
    else if (one === mark) out += `${mark}E${mark}`;
    else if (one < ' ' || one === '\x7f') {
      out += `${mark}X${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}${mark}`;
    } else out += one;
  }
  return out;
}
