import type { CapabilityStatement } from 'fhir/r4';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { resourceTypes } from '../../../shared/fhir/mapping.ts';
import type { Adaptation } from '../../../shared/ipc/sync.ts';
import { type FhirClient, failsAtThis, isBundle, isResource } from './client.ts';
import type { Bundling } from './send.ts';

/** What a server can do, as far as sending depends on it. */
export interface Abilities {
  bundling: Bundling;
  /** Types that are not created conditionally: they are searched for by identifier before. */
  searchFirst: ReadonlySet<string>;
  /** Types it says it does not create conditionally: `If-None-Exist` may be refused there and is left off. */
  plainCreate: ReadonlySet<string>;
  /** What the server lacks, so that something else is done instead. */
  adaptations: Adaptation[];
}

/** What answers at the station file's address is not a FHIR server: it has no CapabilityStatement. */
export class NotFhir extends Error {
  override readonly name = 'NotFhir';

  constructor(status: number) {
    super(
      `No FHIR server at this address: GET metadata answers ${status}. Check server.url in the station file.`,
    );
  }
}

/** A FHIR server of another version than R4: what it stores would mean something else. */
export class WrongVersion extends Error {
  override readonly name = 'WrongVersion';
  readonly version: string;

  constructor(version: string) {
    super(`The server speaks FHIR ${version === '' ? 'of an unnamed version' : version}, not R4 (4.0)`);
    this.version = version;
  }
}

/**
 * Reads the CapabilityStatement.
 * @throws NotFhir, WrongVersion; NoAnswer, NotAuthorised
 */
export async function readAbilities(client: FhirClient): Promise<Abilities> {
  const reply = await client.request('GET', 'metadata');
  // A wrong base address answers 404 to everything: taken for a server's answer, every record would count as refused.
  if (!isResource(reply.body) || reply.body.resourceType !== 'CapabilityStatement') {
    throw new NotFhir(reply.status);
  }
  const statement = reply.body as unknown as CapabilityStatement;
  const told = /fhirVersion=([0-9.]+)/i.exec(reply.headers.get('content-type') ?? '')?.[1] ?? '';
  checkVersion(String(statement.fhirVersion ?? ''), told);
  const newer = await newerThanStated(client);
  if (newer !== undefined)
    throw new WrongVersion(`5.0 (by its ${newer}), although it states ${statement.fhirVersion}`);
  return abilitiesOf(statement);
}

/** @param told what the Content-Type of the answer says, which may contradict the statement; empty when it says nothing */
function checkVersion(stated: string, told: string): void {
  if (!/^4\.0(\.|$)/.test(stated)) throw new WrongVersion(stated);
  if (told !== '' && !/^4\.0(\.|$)/.test(told)) throw new WrongVersion(told);
}

/** Elements that only a later release has: a server that gives them is not what it says of itself. */
const NEWER: Record<string, (resource: Record<string, unknown>) => boolean> = {
  ServiceRequest: ({ code }) => typeof code === 'object' && code !== null && 'concept' in code,
  ObservationDefinition: (resource) => 'status' in resource,
  Device: (resource) => 'name' in resource && !('deviceName' in resource),
};

/** The type whose resources at the server are of a later release; undefined when none is, or nothing can be read. */
async function newerThanStated(client: FhirClient): Promise<string | undefined> {
  for (const [type, isNewer] of Object.entries(NEWER)) {
    const { status, body } = await client.request('GET', `${type}?_count=1`).catch((error: unknown) => {
      // It cannot be told then; whatever needs that type will say so.
      if (failsAtThis(error)) return { status: 500, body: undefined };
      throw error;
    });
    const resource = status === 200 && isBundle(body) ? body.entry?.[0]?.resource : undefined;
    if (resource?.resourceType === type && isNewer(resource as unknown as Record<string, unknown>))
      return type;
  }
  return undefined;
}

/** What follows from a CapabilityStatement. */
export function abilitiesOf(statement: CapabilityStatement): Abilities {
  const rest = statement.rest?.find((one) => one.mode === 'server') ?? statement.rest?.[0];
  const system = new Set<string>((rest?.interaction ?? []).map((one) => one.code));
  const bundling = system.has('batch') ? 'batch' : system.has('transaction') ? 'transaction' : 'single';
  const types: string[] = [
    ...new Set((Object.keys(resourceTypes) as Replicated[]).flatMap((name) => [...resourceTypes[name]])),
  ];
  const conditional = new Set(
    (rest?.resource ?? []).flatMap((one) => (one.conditionalCreate === true ? [one.type as string] : [])),
  );
  const searchFirst = new Set(types.filter((type) => !conditional.has(type)));
  const adaptations: Adaptation[] = [];
  if (bundling === 'transaction') adaptations.push({ kind: 'noBatch', types: [] });
  if (bundling === 'single') adaptations.push({ kind: 'noBundle', types: [] });
  if (searchFirst.size === types.length) adaptations.push({ kind: 'noCondition', types: [] });
  else if (searchFirst.size > 0) adaptations.push({ kind: 'noConditionOf', types: [...searchFirst] });
  const plainCreate = new Set(
    (rest?.resource ?? []).flatMap((one) => (one.conditionalCreate === false ? [one.type as string] : [])),
  );
  return { bundling, searchFirst, plainCreate, adaptations };
}
