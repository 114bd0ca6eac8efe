/** Reading the places a profile names (`SPM-2.1`, `OBX-18[2].1`) around one observation. */
import { type Hl7Path, parseHl7Path } from '../../protocols/hl7/message.ts';
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';
import { nearest, type Observation, type OrderGroup } from './tree.ts';

/** A place with something in it. */
export interface Found {
  place: string;
  path: Hl7Path;
  segment: Hl7Segment;
  /** escapes resolved, blanks around it removed */
  text: string;
}

/** Places come from profiles: there are few, and each is asked for with every observation. */
const paths = new Map<string, Hl7Path | null>();

/** A place as a path; null when it is none. */
export function pathOf(place: string): Hl7Path | null {
  const known = paths.get(place);
  if (known !== undefined) return known;
  const path = parseHl7Path(place);
  paths.set(place, path);
  return path;
}

/** What stands at a place; null when there is no such segment, or nothing in it. A place that is none reads as empty. */
export function at(group: OrderGroup, observation: Observation | null, place: string): Found | null {
  const path = pathOf(place);
  if (path === null) return null;
  const segment = nearest(group, observation, path.segment);
  if (segment === undefined) return null;
  const text = textAt(segment, path);
  return text === '' ? null : { place, path, segment, text };
}

/**
 * The text at a path in a segment. SPM-2 is a pair of identifiers with name spaces (type EIP): its components give their first
 * sub-component, the identifier itself.
 */
export function textAt(segment: Hl7Segment, path: Hl7Path): string {
  const pair = path.segment === 'SPM' && path.field === 2 && path.component !== undefined;
  const subcomponent = path.subcomponent ?? (pair ? 1 : undefined);
  return segment.value(path.field, path.component, subcomponent, path.repeat).trim();
}

/** The first of the places that has something in it. */
export function firstAt(
  group: OrderGroup,
  observation: Observation | null,
  places: readonly string[],
): Found | null {
  for (const place of places) {
    const found = at(group, observation, place);
    if (found !== null) return found;
  }
  return null;
}
