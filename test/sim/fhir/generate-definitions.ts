import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Writes `definitions.ts`: the elements of the resource types this server knows, taken from the R4 type declarations
 * that the project compiles against. Run `node test/sim/fhir/generate-definitions.ts` after changing RESOURCE_TYPES.
 */

const RESOURCE_TYPES = [
  ...[
    'Patient',
    'Practitioner',
    'PractitionerRole',
    'Organization',
    'Location',
    'Encounter',
    'Device',
    'Group',
  ],
  ...[
    'ServiceRequest',
    'Specimen',
    'Observation',
    'DiagnosticReport',
    'DetectedIssue',
    'Task',
    'Binary',
    'Media',
  ],
  ...['PlanDefinition', 'ActivityDefinition', 'ObservationDefinition', 'SpecimenDefinition', 'Questionnaire'],
  ...['QuestionnaireResponse', 'Communication', 'CommunicationRequest', 'Provenance', 'AuditEvent', 'Bundle'],
  ...['DocumentReference', 'ValueSet', 'CodeSystem', 'List', 'Condition', 'Parameters', 'Subscription'],
  ...['Basic', 'Substance'],
];

interface Declared {
  parent: string | undefined;
  elements: Map<string, string>;
}

/** Reads interface declarations: element name to the compact notation of `definitions.ts`. */
function readDeclarations(source: string): Map<string, Declared> {
  const plain = source.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const found = new Map<string, Declared>();
  for (const block of plain.matchAll(/export interface (\w+)(?: extends (\w+))? \{([\s\S]*?)\n\}/g)) {
    const elements = new Map<string, string>();
    for (const line of (block[3] ?? '').matchAll(/^\s+(?:readonly )?(\w+)(\??): (.+?);\s*$/gm)) {
      const name = line[1] ?? '';
      if (name.startsWith('_') || name === 'resourceType') continue;
      const type = (line[3] ?? '').replace(' | undefined', '');
      const many = type.endsWith('[]');
      const bare = type.replace('[]', '').replaceAll(/[()' ]/g, '');
      const codes = type.includes("'") ? `code=${bare}` : bare;
      elements.set(name, `${name}${line[2] === '?' ? '' : '!'}${many ? '*' : ''}:${codes}`);
    }
    found.set(block[1] ?? '', { parent: block[2], elements });
  }
  return found;
}

/** Adds the elements of all ancestors; the own declaration wins. */
function flatten(name: string, declared: Map<string, Declared>): Map<string, string> {
  const own = declared.get(name);
  if (own === undefined) return new Map();
  const inherited = own.parent === undefined ? new Map<string, string>() : flatten(own.parent, declared);
  return new Map([...inherited, ...own.elements]);
}

/** One line per type for the given declarations, in the notation of `definitions.ts`. */
export function definitionLines(source: string): string {
  const declared = readDeclarations(source);
  const lines = new Map<string, string>();
  const waiting = [...RESOURCE_TYPES];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (lines.has(name) || !declared.has(name) || name === 'FhirResource') continue;
    const elements = [...flatten(name, declared).values()];
    lines.set(name, `${RESOURCE_TYPES.includes(name) ? '@' : ''}${name} ${elements.join(' ')}`);
    for (const element of elements) waiting.push(element.slice(element.indexOf(':') + 1));
  }
  return [...lines.values()].sort().join('\n');
}

/** Text of `definitions.ts` for the given declarations. */
export function generateDefinitions(source: string): string {
  return `/**
 * Elements of FHIR R4 types, one type a line (\`@\` marks a resource): \`name[!][*]:Type\`, \`!\` required, \`*\` repeats,
 * \`code=a|b\` a required binding. Written by \`generate-definitions.ts\`.
 */
export const DEFINITIONS = \`
${definitionLines(source)}
\`;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = readFileSync(new URL('../../../node_modules/@types/fhir/r4.d.ts', import.meta.url), 'utf8');
  writeFileSync(new URL('./definitions.ts', import.meta.url), generateDefinitions(source));
}
