import { parseAccession } from '../../../shared/domain/accession-number.ts';

/** What a code is by its form alone, before anything is looked up. */
export type CodeForm =
  /** A specimen number of this laboratory: 12 characters and the check character fits. */
  | { kind: 'tube'; identifier: string }
  /** The form of a specimen number, but the check character does not fit. `text` says where. */
  | { kind: 'brokenTube'; text: string }
  /** GS1 product code (application identifier 01): a box of reagents or tubes. */
  | { kind: 'product'; gtin: string }
  | { kind: 'other' };

/** Reads the form of a scanned or typed code. Whether it is known here only the engine can say. */
export function formOf(code: string): CodeForm {
  const text = code.trim();
  const product = /^(?:\]C1|\]d2|\(?)?01\)?(\d{14})/.exec(text)?.[1];
  if (product !== undefined && gtinFits(product)) return { kind: 'product', gtin: product };
  const parsed = parseAccession(text);
  if (parsed.ok) return { kind: 'tube', identifier: parsed.identifier };
  if (parsed.why === 'checkCharacter' && /^\d{5}-?[0-9A-Z]{2}-?[0-9A-Z]{4}-?[0-9A-Z]$/i.test(text))
    return { kind: 'brokenTube', text: parsed.text };
  return { kind: 'other' };
}

/** The check digit of a GTIN-14: weights 3 and 1 from the left. */
function gtinFits(gtin: string): boolean {
  const sum = [...gtin].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return sum % 10 === 0;
}
