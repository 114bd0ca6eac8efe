import { isObject } from '../../../shared/fhir/json.ts';
import type { AnyDoc } from './port.ts';

/** A second resource of a document at the server: Provenance of a report, ActivityDefinition of a test … */
export interface Linked {
  id: string;
  versionId: string;
  /** The document's `change` it was last sent with. */
  change: number;
}

/** The second resources of a document by type; kept in `extra.linked`. */
export function linkedOf(doc: AnyDoc): Record<string, Linked> {
  const linked = doc.extra?.linked;
  return isObject(linked) ? (linked as Record<string, Linked>) : {};
}

/** A document with one more second resource, or a newer one. */
export function withLinked<D extends AnyDoc>(doc: D, type: string, linked: Linked): D {
  return { ...doc, extra: { ...doc.extra, linked: { ...linkedOf(doc), [type]: linked } } };
}

/** `extra` as read from the server, with the station's own bookkeeping of `from` in it. */
export function keepLinked(
  extra: Record<string, unknown> | undefined,
  from: AnyDoc,
): Record<string, unknown> | undefined {
  const { linked, madeAt } = from.extra ?? {};
  if (linked === undefined && madeAt === undefined) return extra;
  return {
    ...extra,
    ...(linked === undefined ? {} : { linked }),
    ...(madeAt === undefined ? {} : { madeAt }),
  };
}

/** Code of the other station a record was made at; empty for one made here. */
export function madeAt(doc: AnyDoc): string {
  const code = doc.extra?.madeAt;
  return typeof code === 'string' ? code : '';
}

/** A record that was made at another station, as it is taken over here. */
export function withMadeAt<D extends AnyDoc>(doc: D, code: string): D {
  return { ...doc, extra: { ...doc.extra, madeAt: code } };
}
