/** Records of quality control that two stations add to: what only grows is put together, never chosen between. */
import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { LotDoc, QcTarget } from '../../../shared/documents/lot.ts';
import { sameJson } from '../../../shared/fhir/json.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { EQA_PREFIX, EqaEvent } from '../qc/eqa.ts';
import { joinedEvent } from '../qc/eqa-merge.ts';
import type { AnyDoc } from './port.ts';

/** Both sides with the same lists; `more`: the server lacks some of them. */
export interface United {
  here: AnyDoc;
  there: AnyDoc;
  more: boolean;
}

/** Puts what people added on both sides together; null for records that have no such lists. */
export function united(collection: Replicated, here: AnyDoc, there: AnyDoc): United | null {
  const fields = listsOf(collection, here, there);
  if (fields === null) return null;
  const more = Object.entries(fields).some(
    ([name, value]) => !sameJson(value, (there as unknown as Record<string, unknown>)[name]),
  );
  return { here: { ...here, ...fields }, there: { ...there, ...fields }, more };
}

function listsOf(collection: Replicated, here: AnyDoc, there: AnyDoc): Record<string, unknown> | null {
  if (collection === 'controls') {
    const [h, t] = [here, there] as unknown as [ControlDoc, ControlDoc];
    return { reviews: byTime(byId(h.reviews, t.reviews)), excluded: lastExclusion(h, t) };
  }
  if (collection === 'lots') {
    const [h, t] = [here, there] as unknown as [LotDoc, LotDoc];
    return { targets: targetsOf(h.targets, t.targets) };
  }
  if (collection === 'settings') {
    const [h, t] = [here, there] as unknown as { value?: unknown }[];
    if (here.id.startsWith(EQA_PREFIX)) return eventOf(here, h?.value, t?.value);
    if (Array.isArray(h?.value) && Array.isArray(t?.value)) return { value: entriesOf(h.value, t.value) };
  }
  return null;
}

/** An event of proficiency testing that was changed here too; null where nothing of ours is left to send: then it is as the server has it. */
function eventOf(doc: AnyDoc, here: unknown, there: unknown): Record<string, unknown> | null {
  if (doc.change === doc.sync.sentChange) return null;
  const [h, t] = [EqaEvent.safeParse(here), EqaEvent.safeParse(there)];
  return h.success && t.success ? { value: joinedEvent(h.data, t.data) } : null;
}

function byId<T extends { id: string }>(...lists: readonly (readonly T[])[]): T[] {
  return [...new Map(lists.flat().map((one) => [one.id, one])).values()];
}

function byTime<T extends { at: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** An exclusion made at either side stands; of two, the later one. Taken back at one side it is gone there, so that side counts where it changed last. */
function lastExclusion(here: ControlDoc, there: ControlDoc): ControlDoc['excluded'] {
  const unsent = here.change !== here.sync.sentChange;
  if (!unsent) return there.excluded;
  if (here.excluded === null || there.excluded === null) return here.excluded;
  return here.excluded.at >= there.excluded.at ? here.excluded : there.excluded;
}

/** Targets of both sides in order of their time; one that is approved at either side is approved (W14). */
export function targetsOf(here: readonly QcTarget[], there: readonly QcTarget[]): QcTarget[] {
  const approved = [...here, ...there].filter((one) => one.approvedBy !== '');
  return byId(there, here, approved).sort((a, b) =>
    a.setTime === b.setTime ? (a.id < b.id ? -1 : 1) : a.setTime < b.setTime ? -1 : 1,
  );
}

/** Entries of a shared list of both sides, each once. */
function entriesOf(here: readonly unknown[], there: readonly unknown[]): unknown[] {
  const all = new Map([...there, ...here].map((one) => [JSON.stringify(one), one]));
  return [...all.values()].sort((a, b) => (atOf(a) < atOf(b) ? -1 : atOf(a) > atOf(b) ? 1 : 0));
}

function atOf(entry: unknown): string {
  const { at } = (typeof entry === 'object' && entry !== null ? entry : {}) as { at?: unknown };
  return typeof at === 'string' ? at : '';
}
