import type {
  ActivityDefinition,
  Identifier,
  ObservationDefinition,
  PlanDefinition,
  PlanDefinitionAction,
  Reference,
  SpecimenDefinition,
} from 'fhir/r4';
import type { CatalogDoc } from '../documents/index.ts';
import { codeOf, fieldText, fieldTexts } from './parts.ts';
import { CANONICAL, SYSTEM } from './systems.ts';

/** A definition the catalogue is made of. */
export type CatalogResource =
  | ObservationDefinition
  | ActivityDefinition
  | PlanDefinition
  | SpecimenDefinition;

/** The definitions that belong to one entry of the catalogue, and what its links to others lead to. */
export interface Gathered {
  kind: CatalogDoc['kind'];
  code: string;
  main: ObservationDefinition | PlanDefinition | SpecimenDefinition;
  activity?: ActivityDefinition | undefined;
  plan?: PlanDefinition | undefined;
  /** Main one first. */
  all: CatalogResource[];
  /** Codes of a panel's tests, in their order. */
  members: string[];
  /** Code of the specimen type a test needs. */
  specimenType: string;
}

/** Sorts definitions into entries: specimen types, tests with their activity and plan, panels. An activity alone is no entry. */
export function gather(resources: readonly CatalogResource[]): Gathered[] {
  const observations = resources.filter((item) => item.resourceType === 'ObservationDefinition');
  const activities = resources.filter((item) => item.resourceType === 'ActivityDefinition');
  const plans = resources.filter((item) => item.resourceType === 'PlanDefinition');
  const specimens = resources.filter((item) => item.resourceType === 'SpecimenDefinition');

  const observationCode = new Map(observations.map((item) => [item, testCode(item)]));
  const testsOf = (activity: ActivityDefinition): string[] => {
    const linked = (activity.observationResultRequirement ?? []).flatMap((reference) => {
      const found = observations.find((item) => pointsTo(reference, item));
      return found === undefined ? [] : (observationCode.get(found) ?? []);
    });
    return linked.length > 0 ? linked : [activityCode(activity)].filter((code) => code !== '');
  };
  const membersOf = (plan: PlanDefinition): string[] =>
    flatten(plan.action).flatMap((action) => {
      const url = action.definitionCanonical?.split('|')[0];
      const activity = activities.find((item) => item.url !== undefined && item.url === url);
      if (activity !== undefined) return testsOf(activity);
      const prefix = `${CANONICAL}ActivityDefinition/`;
      const named = (action.code ?? [])
        .map((item) => codeOf(item, SYSTEM.catalog, true))
        .find((code) => code);
      return named ?? (url?.startsWith(prefix) ? decodeURIComponent(url.slice(prefix.length)) : []);
    });

  const ofTests = new Map<string, PlanDefinition>();
  const panels: PlanDefinition[] = [];
  for (const plan of plans) {
    const members = membersOf(plan);
    const told = fieldText(plan, 'catalog-kind');
    const single =
      members.length === 1 && observations.some((item) => observationCode.get(item) === members[0]);
    const test = told === '' ? single && !isOwnName(plan, members[0] ?? '') : told === 'test';
    if (test) ofTests.set(members[0] ?? planCode(plan), plan);
    else panels.push(plan);
  }

  const specimenTypeOf = (activity: ActivityDefinition | undefined): string => {
    const reference = activity?.specimenRequirement?.[0];
    if (reference === undefined) return '';
    const found = specimens.find((item) => pointsTo(reference, item));
    if (found !== undefined) return specimenCode(found);
    return /\?type=[^|]*\|(.+)$/.exec(reference.reference ?? '')?.[1] ?? '';
  };

  return [
    ...specimens.map((main): Gathered => {
      const members = fieldTexts(main, 'member');
      return { kind: 'specimenType', code: specimenCode(main), main, all: [main], members, specimenType: '' };
    }),
    ...observations.map((main): Gathered => {
      const code = observationCode.get(main) ?? '';
      const activity = activities.find((item) => testsOf(item).length === 1 && testsOf(item)[0] === code);
      const plan = ofTests.get(code);
      const all: CatalogResource[] = [main];
      if (activity !== undefined) all.push(activity);
      if (plan !== undefined) all.push(plan);
      const members = fieldTexts(main, 'member');
      return {
        kind: 'test',
        code,
        main,
        activity,
        plan,
        all,
        members,
        specimenType: specimenTypeOf(activity),
      };
    }),
    ...panels.map((main): Gathered => {
      const members = membersOf(main);
      return { kind: 'panel', code: planCode(main), main, all: [main], members, specimenType: '' };
    }),
  ];
}

/** True for a plan of one test that has a code of its own: a panel that happens to hold one test. */
function isOwnName(plan: PlanDefinition, testCode: string): boolean {
  const own = plan.identifier?.find((item) => item.system === SYSTEM.catalog)?.value;
  return own !== undefined && own !== testCode;
}

function testCode(of: ObservationDefinition): string {
  const own = codeOf(of.code, SYSTEM.catalog);
  const local = of.code.coding?.find((coding) => coding.system !== SYSTEM.loinc)?.code;
  return own || local || codeOf(of.code, SYSTEM.loinc);
}

function activityCode(of: ActivityDefinition): string {
  return codeOf(of.code, SYSTEM.catalog, true);
}

function specimenCode(of: SpecimenDefinition): string {
  return codeOf(of.typeCollected, SYSTEM.specimenType, true);
}

function planCode(of: PlanDefinition): string {
  const others = of.identifier?.filter((item: Identifier) => item.system !== SYSTEM.id) ?? [];
  const own = others.find((item) => item.system === SYSTEM.catalog);
  return own?.value ?? others[0]?.value ?? of.name ?? of.id ?? '';
}

function flatten(actions: PlanDefinitionAction[] | undefined): PlanDefinitionAction[] {
  return (actions ?? []).flatMap((action) =>
    action.action !== undefined && action.action.length > 0 ? flatten(action.action) : [action],
  );
}

/** True when a reference leads to a resource: by type and id, or by one of its identifiers or its type. */
function pointsTo(reference: Reference, to: ObservationDefinition | SpecimenDefinition): boolean {
  const text = reference.reference ?? '';
  if (to.id !== undefined && text.endsWith(`${to.resourceType}/${to.id}`)) return true;
  const list = Array.isArray(to.identifier) ? to.identifier : to.identifier ? [to.identifier] : [];
  if (
    list.some((item) => text === `${to.resourceType}?identifier=${item.system ?? ''}|${item.value ?? ''}`)
  ) {
    return true;
  }
  const { identifier } = reference;
  if (identifier === undefined) return false;
  return list.some((item) => item.system === identifier.system && item.value === identifier.value);
}
