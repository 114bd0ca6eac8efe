/** The resource types of the local API. */
export const apiTypes = [
  'Patient',
  'ServiceRequest',
  'Specimen',
  'Observation',
  'DiagnosticReport',
  'Device',
  'Task',
  'DetectedIssue',
  'PlanDefinition',
] as const;
export type ApiType = (typeof apiTypes)[number];

/** True for a type the API serves. */
export function isApiType(type: string): type is ApiType {
  return (apiTypes as readonly string[]).includes(type);
}

/** A search parameter: where its values are in the resource (dotted paths through arrays). */
export interface Parameter {
  name: string;
  kind: 'token' | 'reference' | 'date';
  paths: readonly string[];
  /** Only references to this type count. */
  target?: string;
}

const token = (name: string, ...paths: string[]): Parameter => ({
  name,
  kind: 'token',
  paths: paths.length === 0 ? [name] : paths,
});
const reference = (name: string, path: string, target?: string): Parameter => ({
  name,
  kind: 'reference',
  paths: [path],
  ...(target === undefined ? {} : { target }),
});
const status = token('status');
const code = token('code');
const category = token('category');
const identifier = token('identifier');
const subject = [reference('subject', 'subject'), reference('patient', 'subject', 'Patient')];
const specimen = reference('specimen', 'specimen');
const basedOn = reference('based-on', 'basedOn');

const common: Parameter[] = [
  { name: '_id', kind: 'token', paths: ['id'] },
  { name: '_lastUpdated', kind: 'date', paths: ['meta.lastUpdated'] },
  { name: '_tag', kind: 'token', paths: ['meta.tag'] },
];

/**
 * Search parameters by type. Beyond R4's own: Specimen and ServiceRequest are also found by `identifier` of the accession and the
 * requisition, DetectedIssue by `status` and `subject`, PlanDefinition by `code`.
 */
const table: Record<ApiType, Parameter[]> = {
  Patient: [identifier],
  ServiceRequest: [
    token('identifier', 'identifier', 'requisition'),
    token('requisition'),
    ...[status, code, category, ...subject, specimen, basedOn],
  ],
  Specimen: [
    token('identifier', 'identifier', 'accessionIdentifier'),
    token('accession', 'accessionIdentifier'),
    ...[status, token('type'), ...subject],
  ],
  Observation: [
    identifier,
    status,
    code,
    category,
    ...subject,
    specimen,
    reference('device', 'device'),
    basedOn,
  ],
  DiagnosticReport: [identifier, status, code, category, ...subject, specimen, basedOn],
  Device: [identifier, status, token('type')],
  Task: [
    ...[identifier, status, code, basedOn, reference('focus', 'focus')],
    ...[reference('subject', 'for'), reference('patient', 'for', 'Patient')],
  ],
  DetectedIssue: [
    ...[identifier, status, code, reference('implicated', 'implicated')],
    ...[reference('subject', 'patient'), reference('patient', 'patient', 'Patient')],
  ],
  PlanDefinition: [
    identifier,
    status,
    token('code', 'action.code'),
    token('context', 'useContext.valueCodeableConcept'),
  ],
};

/** The search parameters of a type. */
export function parametersOf(type: ApiType): readonly Parameter[] {
  return [...common, ...table[type]];
}

/** A token as asked for: `system|code`, `|code` (system `''`), `system|` (code `''`) or `code` (system `undefined`). */
export interface TokenValue {
  system: string | undefined;
  code: string;
}

/** A span of instants in ms since the epoch, `[start, end)`, with the comparison asked for. */
export interface DateValue {
  prefix: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
  start: number;
  end: number;
}

/** One condition of a search; its values are alternatives. References are `Type/id` or an id. */
export type Criterion =
  | { kind: 'token'; parameter: Parameter; values: TokenValue[] }
  | { kind: 'reference'; parameter: Parameter; values: string[] }
  | { kind: 'date'; parameter: Parameter; values: DateValue[] };
