import type {
  ActivityDefinition,
  Extension,
  Identifier,
  ObservationDefinition,
  PlanDefinition,
  SpecimenDefinition,
} from 'fhir/r4';
import type { CatalogDoc } from '../documents/index.ts';
import { type CatalogResource, type Gathered, gather } from './catalog-sets.ts';
import { intervalsFrom, intervalsTo } from './intervals.ts';
import { isObject, type Json, sameJson, tidy } from './json.ts';
import { type Local, localOf, numbersOf, stationOf, type ToContext, withoutServerPart } from './mapping.ts';
import { applyChanges } from './merge.ts';
import { NUMBERS, numbersIn, withNumbers } from './numbers.ts';
import {
  codeOf,
  concept,
  fieldBoolean,
  fieldNumber,
  fieldsOf,
  fieldText,
  group,
  groupsOf,
  oneOf,
  ourId,
  ourMeta,
  some,
  wordsOf,
} from './parts.ts';
import { testConcept } from './result.ts';
import { CANONICAL, SYSTEM } from './systems.ts';

/** What writing a catalogue entry needs to know besides {@link ToContext}. */
export interface CatalogContext extends ToContext {
  /** Reference to the definition of a specimen type; by default the server finds it by its type. */
  specimenDefinition?(code: string): string | undefined;
}

/** The main resource type of an entry: the one its `serverId` belongs to. */
export const catalogMain = {
  test: 'ObservationDefinition',
  panel: 'PlanDefinition',
  specimenType: 'SpecimenDefinition',
} as const;

/**
 * The resources of a catalogue entry (section 4), its main one first. A test: ObservationDefinition, ActivityDefinition that asks for
 * it, and PlanDefinition that makes it orderable; a panel: PlanDefinition with one action per test; a specimen type: SpecimenDefinition.
 */
export function catalogToFhir(doc: CatalogDoc, context: CatalogContext): CatalogResource[] {
  const now = build(doc, context);
  const { extra } = doc;
  const originals = now.flatMap((item) => {
    const original = extra?.[item.resourceType];
    return isObject(original) ? [original as unknown as CatalogResource] : [];
  });
  if (originals.length === 0) return now;
  const read = catalogFromFhir(originals, () => localOf(doc)).find((item) => item.kind === doc.kind);
  const before = read === undefined ? [] : build(withLinks(read, doc), context);
  return now.map((item) => {
    const original = originals.find((other) => other.resourceType === item.resourceType);
    const was = before.find((other) => other.resourceType === item.resourceType);
    if (original === undefined || was === undefined) return item;
    const written = withNumbers(original as unknown as Json, numbersOf(extra, item.resourceType));
    const merged = applyChanges(written, was as unknown as Json, item as unknown as Json);
    return merged as unknown as CatalogResource;
  });
}

/** Links to other entries cannot be read from one entry's resources alone: they were read with the whole set and kept as `extra.links`. */
function withLinks(read: CatalogDoc, doc: CatalogDoc): CatalogDoc {
  const links = doc.extra?.links;
  if (!isObject(links)) return read;
  const members = Array.isArray(links.members) ? links.members.map(String) : read.members;
  return { ...read, members, specimenType: String(links.specimenType ?? read.specimenType) };
}

/**
 * The entries of a set of definitions. A plan of several tests is a panel; the plan and activity of one test belong to that test.
 * @param localOf the station-local part for an entry: the existing document's, or a new one
 */
export function catalogFromFhir(
  resources: readonly CatalogResource[],
  localOf: (entry: { kind: CatalogDoc['kind']; code: string; main: Gathered['main'] }) => Local,
): CatalogDoc[] {
  return gather(resources).map((set) => {
    const local = localOf({ kind: set.kind, code: set.code, main: set.main });
    const doc = parse(set, local);
    const originals = set.all.map((item) => [item.resourceType, withoutServerPart(item)] as const);
    const station = stationOf(set.main) ?? '';
    const again = build(doc, {
      station,
      reference: (_, id, type) => `${type}?identifier=${SYSTEM.id}|${id}`,
    });
    const same =
      originals.length === again.length &&
      originals.every(([type, item]) =>
        again.some((own) => own.resourceType === type && sameJson(own, item)),
      );
    const numbers = set.all.flatMap((item) => {
      const found = numbersIn(item);
      return found === undefined ? [] : [[item.resourceType, found] as const];
    });
    if (same && numbers.length === 0) return doc;
    const links = { members: doc.members, specimenType: doc.specimenType };
    const written = numbers.length === 0 ? {} : { [NUMBERS]: Object.fromEntries(numbers) };
    return { ...doc, extra: { ...Object.fromEntries(originals), ...written, links } };
  });
}

function build(doc: CatalogDoc, context: CatalogContext): CatalogResource[] {
  const resources =
    doc.kind === 'test'
      ? [observation(doc, context), activity(doc, context), plan(doc, context)]
      : [doc.kind === 'panel' ? plan(doc, context) : specimen(doc, context)];
  return resources.map((item) => tidy(item));
}

/** Address of the activity that orders a test. */
export function activityUrl(code: string): string {
  return `${CANONICAL}ActivityDefinition/${encodeURIComponent(code)}`;
}

function identifiers(doc: CatalogDoc): Identifier[] {
  return [ourId(doc.id), { system: SYSTEM.catalog, value: doc.code }];
}

function observation(doc: CatalogDoc, context: CatalogContext): ObservationDefinition {
  const { delta } = doc;
  return {
    resourceType: 'ObservationDefinition',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({ section: doc.section, order: doc.order, autoverify: doc.autoverify }),
      ...fieldsOf({ 'specimen-type': doc.specimenType, active: doc.active ? undefined : false }),
      ...(delta === null
        ? []
        : [
            group(
              'delta-rule',
              fieldsOf({ kind: delta.kind, limit: delta.limit, 'window-hours': delta.windowHours }),
            ),
          ]),
      ...otherFields(doc, ['members', 'container', 'cap', 'handling', 'drawOrder']),
    ],
    identifier: identifiers(doc),
    category: [{ coding: [{ system: SYSTEM.category, code: 'laboratory' }] }],
    code: testConcept(doc.loinc, doc.code, doc.name),
    preferredReportName: some(doc.name),
    quantitativeDetails: {
      unit: concept(SYSTEM.ucum, doc.unit),
      decimalPrecision: doc.decimals,
    },
    qualifiedInterval: intervalsTo(doc),
  };
}

function activity(doc: CatalogDoc, context: CatalogContext): ActivityDefinition {
  const { specimenType } = doc;
  const specimenRequirement =
    specimenType === ''
      ? []
      : [
          {
            reference:
              context.specimenDefinition?.(specimenType) ??
              `SpecimenDefinition?type=${SYSTEM.specimenType}|${specimenType}`,
          },
        ];
  return {
    resourceType: 'ActivityDefinition',
    meta: ourMeta(context),
    url: activityUrl(doc.code),
    identifier: identifiers(doc),
    title: some(doc.name),
    status: doc.active ? 'active' : 'retired',
    kind: 'ServiceRequest',
    code: testConcept(doc.loinc, doc.code, doc.name),
    specimenRequirement,
    observationResultRequirement: [
      { reference: context.reference('catalog', doc.id, 'ObservationDefinition') },
    ],
  };
}

function plan(doc: CatalogDoc, context: CatalogContext): PlanDefinition {
  const tests = doc.kind === 'test' ? [doc.code] : doc.members;
  return {
    resourceType: 'PlanDefinition',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({ 'catalog-kind': doc.kind }),
      ...(doc.kind === 'panel'
        ? [
            ...fieldsOf({
              section: doc.section,
              order: doc.order,
              autoverify: doc.autoverify,
              loinc: doc.loinc,
            }),
            ...fieldsOf({ unit: doc.unit, decimals: doc.decimals, 'specimen-type': doc.specimenType }),
            ...otherFields(doc, ['container', 'cap', 'handling', 'drawOrder']),
          ]
        : []),
    ],
    identifier: identifiers(doc),
    title: some(doc.name),
    status: doc.active ? 'active' : 'retired',
    useContext: [
      {
        code: { system: SYSTEM.usageContext, code: 'task' },
        valueCodeableConcept: { coding: [{ system: SYSTEM.actCode, code: 'LABOE' }] },
      },
    ],
    action: tests.map((code) => ({
      code: [concept(SYSTEM.catalog, code) ?? {}],
      definitionCanonical: activityUrl(code),
    })),
  };
}

function specimen(doc: CatalogDoc, context: CatalogContext): SpecimenDefinition {
  return {
    resourceType: 'SpecimenDefinition',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({ 'draw-order': doc.drawOrder, active: doc.active ? undefined : false }),
      ...fieldsOf({ section: doc.section, order: doc.order, autoverify: doc.autoverify, loinc: doc.loinc }),
      ...fieldsOf({ unit: doc.unit, decimals: doc.decimals, 'specimen-type': doc.specimenType }),
      ...otherFields(doc, ['members']),
    ],
    identifier: ourId(doc.id),
    typeCollected: concept(SYSTEM.specimenType, doc.code, doc.name),
    typeTested: [
      {
        preference: 'preferred',
        container: { cap: doc.cap === '' ? undefined : { text: doc.cap }, description: some(doc.container) },
        handling: doc.handling === '' ? [] : [{ instruction: doc.handling }],
      },
    ],
  };
}

/** Fields that belong to another kind of entry: normally empty, kept when they are not. */
function otherFields(
  doc: CatalogDoc,
  names: ('members' | 'container' | 'cap' | 'handling' | 'drawOrder')[],
): Extension[] {
  return names.flatMap((name) =>
    name === 'drawOrder'
      ? fieldsOf({ 'draw-order': doc.drawOrder === 0 ? undefined : doc.drawOrder })
      : fieldsOf({ [name === 'members' ? 'member' : name]: doc[name] }),
  );
}

function parse(set: Gathered, local: Local): CatalogDoc {
  const { main, kind, code } = set;
  const number = (name: string) => fieldNumber(main, name) ?? 0;
  const base = {
    ...local,
    kind,
    code,
    section: fieldText(main, 'section'),
    order: number('order'),
    autoverify: fieldBoolean(main, 'autoverify') ?? false,
    specimenType: fieldText(main, 'specimen-type') || set.specimenType,
    container: fieldText(main, 'container'),
    cap: fieldText(main, 'cap'),
    handling: fieldText(main, 'handling'),
    drawOrder: number('draw-order'),
    members: set.members,
  };
  if (main.resourceType === 'ObservationDefinition') {
    const unit = main.quantitativeDetails?.unit ?? main.quantitativeDetails?.customaryUnit;
    const status = set.plan?.status ?? set.activity?.status;
    return {
      ...base,
      name: main.preferredReportName ?? (wordsOf(main.code) || (set.activity?.title ?? code)),
      active: fieldBoolean(main, 'active') ?? (status === undefined || status === 'active'),
      loinc: codeOf(main.code, SYSTEM.loinc),
      unit: codeOf(unit, SYSTEM.ucum, true) || wordsOf(unit),
      decimals: main.quantitativeDetails?.decimalPrecision ?? 0,
      ...intervalsFrom(main.qualifiedInterval),
      delta: deltaOf(groupsOf(main, 'delta-rule')[0]),
    };
  }
  const rest = {
    loinc: fieldText(main, 'loinc'),
    unit: fieldText(main, 'unit'),
    decimals: number('decimals'),
    ranges: [],
    delta: null,
  };
  if (main.resourceType === 'SpecimenDefinition') {
    const tested = main.typeTested?.find((item) => item.preference === 'preferred') ?? main.typeTested?.[0];
    return {
      ...base,
      ...rest,
      name: wordsOf(main.typeCollected),
      active: fieldBoolean(main, 'active') ?? true,
      container: tested?.container?.description ?? wordsOf(tested?.container?.type),
      cap: wordsOf(tested?.container?.cap),
      handling: tested?.handling?.map((item) => item.instruction ?? '').join('\n') ?? '',
    };
  }
  return {
    ...base,
    ...rest,
    name: main.title ?? main.name ?? code,
    active: main.status === 'active',
  };
}

function deltaOf(of: Extension | undefined): CatalogDoc['delta'] {
  if (of === undefined) return null;
  return {
    kind: oneOf(fieldText(of, 'kind'), ['absolute', 'percent', 'rate'], 'absolute'),
    limit: fieldNumber(of, 'limit') ?? 0,
    windowHours: fieldNumber(of, 'window-hours') ?? 0,
  };
}
