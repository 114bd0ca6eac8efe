import type { Stored } from './overlay.ts';

/** JSON text of a document that is about to be stored; `body` is that of its own fields, where they have been written already. */
export function jsonOf(document: Stored, body: string | undefined): string {
  if (body === undefined) return JSON.stringify(document);
  return body.slice(0, -1) + tailOf(document);
}

/** How the JSON text of a document ends: RxDB's fields, written behind all others. */
export function tailOf({ _deleted, _attachments, _rev, _meta }: Stored): string {
  return `,${JSON.stringify({ _deleted, _attachments, _rev, _meta }).slice(1)}`;
}

/** JSON text of a stored document without RxDB's fields: cut out of the stored text where they stand behind all others. */
export function bodyOf(document: Stored, text: string | undefined): string {
  const tail = tailOf(document);
  if (text?.endsWith(tail) === true) return `${text.slice(0, -tail.length)}}`;
  return JSON.stringify(plain(document));
}

/** A copy of what was read from JSON, through and through: a third of the time of reading it again. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const name in copy) {
    const one = copy[name];
    if (typeof one === 'object' && one !== null) copy[name] = copyOf(one);
  }
  return copy as T;
}

/** A stored document without RxDB's own fields. */
export function plain(document: Stored): { id: string } & Record<string, unknown> {
  const { _rev, _meta, _deleted, _attachments, ...rest } = document;
  return rest as { id: string } & Record<string, unknown>;
}
