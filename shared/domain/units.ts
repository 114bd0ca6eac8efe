const superscripts: Record<string, string> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '-': '⁻',
};

const named: Record<string, string> = {
  '1': '',
  '{ratio}': '',
  '{INR}': '',
  Cel: '°C',
  'm[IU]/L': 'mIU/L',
  'u[IU]/mL': 'µIU/mL',
  '[pH]': '',
  'mL/min/{1.73_m2}': 'mL/min/1.73 m²',
};

/**
 * A UCUM code as shown beside a value: `10*9/L` becomes `10⁹/L`, `umol/L` `µmol/L`, `[IU]/L` `IU/L`; annotations in braces are left
 * out. A unit of one (`1`, `{ratio}`) shows nothing. The code itself, not this text, is what is stored and compared.
 */
export function displayUnit(ucum: string): string {
  const fixed = named[ucum];
  if (fixed !== undefined) return fixed;
  return ucum
    .replace(/\{[^}]*\}/g, '')
    .replace(/10[*^](-?\d+)/g, (_, power: string) => `10${[...power].map((c) => superscripts[c]).join('')}`)
    .replace(/\bu(?=(?:mol|g|L|m|s|kat|eq)\b)/g, 'µ')
    .replace(/\[IU\]|\[iU\]/g, 'IU')
    .replace(/\[|\]/g, '')
    .replace(/^\/$/, '');
}

/** True only for the very same UCUM code. `mmol/L` and `mmol/l` are the same size but differ here: nothing is converted in silence. */
export function sameUnit(a: string, b: string): boolean {
  return a === b;
}
