import { parseSpan, type Span } from './dates.ts';
import { isObject, pick, type Resource } from './resource.ts';

/** Kinds of search parameter. Tokens, references and uris are found through an index, dates and strings by looking. */
export type ParameterKind = 'token' | 'reference' | 'uri' | 'date' | 'string';

/** One search parameter of one resource type. */
export interface Parameter {
  name: string;
  kind: ParameterKind;
  paths: readonly string[];
  /** Only references to this type count (`patient` on `subject`). */
  target: string | undefined;
}

const COMMON = '_tag:token=meta.tag _profile:uri=meta.profile _source:uri=meta.source';
const PERSON =
  'identifier:token=identifier name:string=name family:string=name.family given:string=name.given ' +
  'gender:token=gender telecom:token=telecom phone:token=telecom email:token=telecom';
const DEFINITIONAL =
  'identifier:token=identifier status:token=status url:uri=url version:token=version name:string=name title:string=title ' +
  'date:date=date publisher:string=publisher topic:token=topic context:token=useContext.valueCodeableConcept ' +
  'context-type:token=useContext.code description:string=description';
const SUBJECT = 'subject:reference=subject patient:reference=subject>Patient';

/** `name:kind=path,path>Target` for each type; R4's standard parameters, and `code` and `identifier` where R4 forgot them. */
const TABLE: Record<string, string> = {
  Patient: `${PERSON} active:token=active birthdate:date=birthDate organization:reference=managingOrganization general-practitioner:reference=generalPractitioner`,
  Practitioner: `${PERSON} active:token=active`,
  PractitionerRole:
    'identifier:token=identifier active:token=active practitioner:reference=practitioner organization:reference=organization role:token=code',
  Organization:
    'identifier:token=identifier active:token=active name:string=name type:token=type partof:reference=partOf',
  Location:
    'identifier:token=identifier status:token=status name:string=name type:token=type organization:reference=managingOrganization',
  Encounter: `identifier:token=identifier status:token=status class:token=class type:token=type ${SUBJECT} date:date=period`,
  Device:
    'identifier:token=identifier status:token=status type:token=type patient:reference=patient model:string=modelNumber ' +
    'manufacturer:string=manufacturer device-name:string=deviceName.name organization:reference=owner location:reference=location url:uri=url',
  Basic: 'identifier:token=identifier code:token=code subject:reference=subject created:date=created',
  Substance: 'identifier:token=identifier status:token=status category:token=category code:token=code',
  Group: 'identifier:token=identifier type:token=type code:token=code member:reference=member.entity',
  ServiceRequest:
    `identifier:token=identifier status:token=status intent:token=intent priority:token=priority category:token=category ` +
    `code:token=code ${SUBJECT} encounter:reference=encounter requester:reference=requester performer:reference=performer ` +
    'specimen:reference=specimen based-on:reference=basedOn replaces:reference=replaces requisition:token=requisition ' +
    'authored:date=authoredOn occurrence:date=occurrenceDateTime,occurrencePeriod instantiates-canonical:uri=instantiatesCanonical',
  Specimen:
    `identifier:token=identifier accession:token=accessionIdentifier status:token=status type:token=type ${SUBJECT} ` +
    'parent:reference=parent collected:date=collection.collectedDateTime,collection.collectedPeriod ' +
    'collector:reference=collection.collector container:token=container.type container-id:token=container.identifier bodysite:token=collection.bodySite',
  Observation:
    `identifier:token=identifier status:token=status category:token=category code:token=code ${SUBJECT} ` +
    'encounter:reference=encounter specimen:reference=specimen device:reference=device based-on:reference=basedOn ' +
    'part-of:reference=partOf focus:reference=focus performer:reference=performer has-member:reference=hasMember ' +
    'derived-from:reference=derivedFrom date:date=effectiveDateTime,effectivePeriod,effectiveInstant ' +
    'value-concept:token=valueCodeableConcept value-string:string=valueString method:token=method data-absent-reason:token=dataAbsentReason',
  DiagnosticReport:
    `identifier:token=identifier status:token=status category:token=category code:token=code ${SUBJECT} ` +
    'encounter:reference=encounter specimen:reference=specimen based-on:reference=basedOn result:reference=result ' +
    'performer:reference=performer results-interpreter:reference=resultsInterpreter ' +
    'date:date=effectiveDateTime,effectivePeriod issued:date=issued conclusion:token=conclusionCode',
  Task:
    'identifier:token=identifier status:token=status business-status:token=businessStatus code:token=code intent:token=intent ' +
    'priority:token=priority focus:reference=focus subject:reference=for patient:reference=for>Patient based-on:reference=basedOn ' +
    'owner:reference=owner requester:reference=requester encounter:reference=encounter part-of:reference=partOf ' +
    'group-identifier:token=groupIdentifier authored-on:date=authoredOn modified:date=lastModified period:date=executionPeriod',
  DetectedIssue:
    'identifier:token=identifier code:token=code patient:reference=patient>Patient implicated:reference=implicated ' +
    'author:reference=author identified:date=identifiedDateTime,identifiedPeriod',
  PlanDefinition: `${DEFINITIONAL} type:token=type definition:uri=action.definitionCanonical,action.definitionUri`,
  ActivityDefinition: `${DEFINITIONAL}`,
  ObservationDefinition: 'identifier:token=identifier code:token=code category:token=category',
  SpecimenDefinition:
    'identifier:token=identifier type:token=typeCollected container:token=typeTested.container.type',
  Questionnaire: `${DEFINITIONAL} code:token=item.code`,
  QuestionnaireResponse: `identifier:token=identifier status:token=status questionnaire:uri=questionnaire ${SUBJECT} based-on:reference=basedOn authored:date=authored`,
  Communication:
    `identifier:token=identifier status:token=status category:token=category medium:token=medium ${SUBJECT} ` +
    'sender:reference=sender recipient:reference=recipient based-on:reference=basedOn part-of:reference=partOf ' +
    'encounter:reference=encounter sent:date=sent received:date=received',
  CommunicationRequest:
    `identifier:token=identifier status:token=status category:token=category priority:token=priority ${SUBJECT} ` +
    'sender:reference=sender recipient:reference=recipient requester:reference=requester based-on:reference=basedOn ' +
    'group-identifier:token=groupIdentifier authored:date=authoredOn occurrence:date=occurrenceDateTime,occurrencePeriod',
  Provenance:
    'target:reference=target patient:reference=target>Patient agent:reference=agent.who recorded:date=recorded ' +
    'when:date=occurredDateTime,occurredPeriod entity:reference=entity.what signature-type:token=signature.type',
  AuditEvent:
    'type:token=type action:token=action outcome:token=outcome agent:reference=agent.who entity:reference=entity.what date:date=recorded',
  Condition: `identifier:token=identifier code:token=code category:token=category ${SUBJECT} clinical-status:token=clinicalStatus`,
  DocumentReference: `identifier:token=identifier,masterIdentifier status:token=status type:token=type category:token=category ${SUBJECT} date:date=date`,
  Media: `identifier:token=identifier status:token=status type:token=type ${SUBJECT} based-on:reference=basedOn created:date=createdDateTime`,
  List: `identifier:token=identifier status:token=status code:token=code ${SUBJECT} item:reference=entry.item date:date=date`,
  ValueSet: DEFINITIONAL,
  CodeSystem: DEFINITIONAL,
  Subscription:
    'status:token=status criteria:string=criteria type:token=channel.type url:uri=channel.endpoint',
  Bundle: 'identifier:token=identifier type:token=type timestamp:date=timestamp',
};

const parsed = new Map<string, Map<string, Parameter>>();

/** Search parameters of a resource type, without `_id` and `_lastUpdated`, which every type has. */
export function parametersOf(type: string): ReadonlyMap<string, Parameter> {
  let found = parsed.get(type);
  if (found === undefined) {
    found = new Map();
    for (const item of `${TABLE[type] ?? ''} ${COMMON}`.trim().split(/\s+/)) {
      const [, name = '', kind = '', paths = '', target] =
        /^([\w-]+):(\w+)=([\w.,]+)(?:>(\w+))?$/.exec(item) ?? [];
      found.set(name, { name, kind: kind as ParameterKind, paths: paths.split(','), target });
    }
    parsed.set(type, found);
  }
  return found;
}

/** Raw values a parameter takes from a resource. */
export function valuesOf(parameter: Parameter, resource: Resource): unknown[] {
  return parameter.paths.flatMap((path) => pick(resource, path));
}

/**
 * The index keys of a resource: `name\nvalue`. A coding or identifier gives `system|code`, `system|` and `code` (or `|code`
 * without system), a reference `Type/id` and `id`, a canonical itself with and without version. `name\n` alone says that
 * there is any value.
 */
export function indexKeys(resource: Resource): Set<string> {
  const keys = new Set<string>();
  for (const parameter of parametersOf(resource.resourceType).values()) {
    for (const value of valuesOf(parameter, resource)) {
      for (const key of keysOfValue(parameter, value)) keys.add(key);
    }
  }
  return keys;
}

function keysOfValue(parameter: Parameter, value: unknown): string[] {
  const { name, kind } = parameter;
  if (kind === 'token') return [`${name}\n`, ...tokenKeys(value).map((key) => `${name}\n${key}`)];
  if (kind === 'uri') {
    if (typeof value !== 'string') return [];
    const bar = value.indexOf('|');
    return [`${name}\n`, `${name}\n${value}`, ...(bar > 0 ? [`${name}\n${value.slice(0, bar)}`] : [])];
  }
  if (kind === 'reference') return referenceKeys(parameter, value);
  return [`${name}\n`];
}

function referenceKeys(parameter: Parameter, value: unknown): string[] {
  if (!isObject(value)) return [];
  const keys: string[] = [];
  const reference = value.reference;
  if (typeof reference === 'string') {
    const slash = reference.lastIndexOf('/');
    const local = /([A-Z]\w+)\/([\w.-]+)$/.exec(reference);
    if (parameter.target !== undefined && local?.[1] !== parameter.target) return [];
    keys.push(`${parameter.name}\n`, `${parameter.name}\n${reference}`);
    if (slash > 0) keys.push(`${parameter.name}\n${reference.slice(slash + 1)}`);
  }
  if (isObject(value.identifier)) {
    for (const key of tokenKeys(value.identifier)) keys.push(`${parameter.name}:identifier\n${key}`);
  }
  return keys;
}

function tokenKeys(value: unknown): string[] {
  if (!isObject(value)) return [String(value)];
  if (Array.isArray(value.coding)) {
    const text = typeof value.text === 'string' ? [value.text] : [];
    return [...value.coding.flatMap((coding) => tokenKeys(coding)), ...text];
  }
  const system = value.system;
  const code = value.code ?? value.value;
  if (typeof code !== 'string') return typeof value.text === 'string' ? [value.text] : [];
  if (typeof system !== 'string') return [code, `|${code}`];
  return [code, `${system}|${code}`, `${system}|`];
}

/** The spans of a date parameter in a resource: dateTimes at their precision, Periods with open ends. */
export function spansOf(parameter: Parameter, resource: Resource): Span[] {
  return valuesOf(parameter, resource).flatMap((value) => {
    if (typeof value === 'string') return parseSpan(value) ?? [];
    if (!isObject(value)) return [];
    const start = typeof value.start === 'string' ? parseSpan(value.start)?.start : undefined;
    const end = typeof value.end === 'string' ? parseSpan(value.end)?.end : undefined;
    return { start: start ?? Number.NEGATIVE_INFINITY, end: end ?? Number.POSITIVE_INFINITY };
  });
}

/** Folds case and accents away, as string search asks. */
export function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** The texts of a string parameter in a resource; a HumanName gives each of its parts and the whole. */
export function textsOf(parameter: Parameter, resource: Resource): string[] {
  return valuesOf(parameter, resource).flatMap((value) => {
    if (typeof value === 'string') return value;
    if (!isObject(value)) return [];
    return Object.values(value)
      .flatMap((part) => (Array.isArray(part) ? part : [part]))
      .filter((part) => typeof part === 'string');
  });
}
