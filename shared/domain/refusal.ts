/**
 * What a refusal is about, so that records refused for one reason stand together: the server's words without what differs from record to
 * record - ids, numbers, quoted values, references.
 */
export function causeOf(why: string): string {
  const remedy = remedyOf(why);
  // One thing is to be done about all of these, in whatever words they were refused.
  if (remedy === 'twice' || remedy === 'rights' || remedy === 'large') return remedy;
  return why
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{4,}/gi, '…')
    .replace(/\b[A-Z][A-Za-z]+\/[A-Za-z0-9.-]+/g, (reference) => `${reference.split('/')[0]}/…`)
    .replace(/urn:levey:id\|\S+/g, 'urn:levey:id|…')
    .replace(/\[\d+\]/g, '[…]')
    .replace(/\b\d[\d.,]*\b/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

/** What a person can do about a refusal, by the kind of fault its words tell of. */
export type Remedy = 'unit' | 'code' | 'twice' | 'missing' | 'rights' | 'large' | 'other';

const signs: readonly [Remedy, RegExp][] = [
  ['rights', /\b(401|403|forbidden|not authori[sz]ed|unauthori[sz]ed|access denied|scope)\b/i],
  ['large', /\b(413|too large|payload|maximum size|exceeds? .*(size|bytes))\b/i],
  ['twice', /\b(records|resources|matches) with this identifier|multiple match|duplicate\b/i],
  ['unit', /\b(ucum|units?)\b/i],
  ['missing', /\b(reference|referenced|does not exist|not found|unknown resource)\b/i],
  ['code', /\b(code|coding|value ?set|terminology|binding)\b/i],
];

/** The remedy a refusal's words speak for; `other` when they say too little. */
export function remedyOf(why: string): Remedy {
  return signs.find(([, sign]) => sign.test(why))?.[0] ?? 'other';
}
