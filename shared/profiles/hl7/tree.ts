/** What stands around an observation, from the groups of a message (M7): its own notes, its order, specimen, patient, the message. */
import {
  groupMessage,
  type ObservationGroup,
  type OrderGroup as Order,
  type SpecimenGroup,
} from '../../protocols/hl7/grammar.ts';
import type { Hl7Message, Hl7Problem } from '../../protocols/hl7/message.ts';
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';

/** One order with its observations, and the segments around it. */
export interface OrderGroup {
  /** MSH and what belongs to the whole message */
  message: Hl7Segment[];
  /** PID, PV1 and their notes */
  patient: Hl7Segment[];
  /** SPM, SAC and their notes */
  specimen: Hl7Segment[];
  /** ORC, OBR, TQ1, TCD and notes; empty for observations of the specimen or patient itself */
  order: Hl7Segment[];
  observations: Observation[];
  /** how many SPM belong to it */
  specimens: number;
}

/** An OBX with the segments behind it that are about it: NTE, TCD, SID. */
export interface Observation {
  obx: Hl7Segment;
  about: Hl7Segment[];
}

/** Every OBX of the message is in exactly one group; orders without observations are there too. */
export function orderGroups(message: Hl7Message): { groups: OrderGroup[]; problems: Hl7Problem[] } {
  const tree = groupMessage(message, { resultsBehindSpecimen: true });
  const whole = [tree.msh, ...tree.others];
  const patients = tree.patients.map(({ pid, pv1, notes, others, observations }) => ({
    pid,
    segments: [pid, pv1, ...notes, ...others].filter((one) => one !== null),
    observations,
  }));
  const segmentsOf = new Map(patients.map(({ pid, segments }) => [pid, segments]));
  const groups: OrderGroup[] = [];
  for (const { segments, observations } of patients) {
    if (observations.length === 0) continue;
    groups.push({ ...around(whole, segments, []), order: [], observations: seen(observations) });
  }
  for (const specimen of tree.specimens) {
    const patient = (specimen.patient && segmentsOf.get(specimen.patient)) ?? [];
    const base = around(whole, patient, specimenSegments(specimen));
    const specimens = (specimen.spm === null ? 0 : 1) + specimen.moreSpm.length;
    if (specimen.observations.length > 0) {
      groups.push({ ...base, specimens, order: [], observations: seen(specimen.observations) });
    }
    for (const order of specimen.orders) {
      groups.push({
        ...base,
        specimens,
        order: orderSegments(order),
        observations: seen(order.observations),
      });
    }
  }
  return { groups, problems: tree.problems };
}

function around(message: Hl7Segment[], patient: Hl7Segment[], specimen: Hl7Segment[]) {
  return { message, patient, specimen, specimens: 0 };
}

function specimenSegments({ spm, moreSpm, sac, moreSac, notes, others }: SpecimenGroup): Hl7Segment[] {
  return [spm, ...moreSpm, sac, ...moreSac, ...notes, ...others].filter((one) => one !== null);
}

function orderSegments({ orc, obr, timings, notes, others }: Order): Hl7Segment[] {
  return [orc, obr, ...timings, ...notes, ...others].filter((one) => one !== null);
}

function seen(observations: readonly ObservationGroup[]): Observation[] {
  return observations.map(({ obx, notes, others }) => ({ obx, about: [...notes, ...others] }));
}

/** The segment of that name that is nearest to an observation: its own, its order's, its specimen's, its patient's, the message's. */
export function nearest(
  group: OrderGroup,
  observation: Observation | null,
  id: string,
): Hl7Segment | undefined {
  if (observation !== null && id === 'OBX') return observation.obx;
  const scopes = [observation?.about ?? [], group.order, group.specimen, group.patient, group.message];
  for (const scope of scopes) {
    const found = scope.length < MANY ? scope.find((one) => one.id === id) : firstById(scope).get(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** From so many segments on, they are looked up by name: a scope is asked several times for each observation. */
const MANY = 32;
const firstsOf = new WeakMap<readonly Hl7Segment[], ReadonlyMap<string, Hl7Segment>>();

function firstById(scope: readonly Hl7Segment[]): ReadonlyMap<string, Hl7Segment> {
  const known = firstsOf.get(scope);
  if (known !== undefined) return known;
  const firsts = new Map(scope.toReversed().map((segment) => [segment.id, segment]));
  firstsOf.set(scope, firsts);
  return firsts;
}
