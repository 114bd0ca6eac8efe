/** What must hold when everything is healed and drained: asked of every station and of the server. */
import { createHash } from 'node:crypto';
import type { DiagnosticReport, Provenance } from 'fhir/r4';
import type { CollectionName, DocOf } from '../../shared/documents/index.ts';
import { mappings } from '../../shared/fhir/index.ts';
import {
  type AnyResource,
  type Local,
  type Replicated,
  replicated,
  resourceTypes,
} from '../../shared/fhir/mapping.ts';
import { ownDocId } from '../../shared/fhir/parts.ts';
import { SYSTEM } from '../../shared/fhir/systems.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import type { Station } from './station.ts';
import type { Fact, Ledger, Signed } from './work.ts';

type Doc = Local & Record<string, unknown>;

/** All documents of a station by collection. */
export type Documents = Record<CollectionName, Doc[]>;

/** Everything of a station that goes to the server. */
export async function documentsOf(station: Station): Promise<Documents> {
  const all: Partial<Documents> = {};
  for (const name of replicated) {
    if (name === 'catalog' || name === 'instruments' || name === 'controls') continue;
    all[name] = (await station.find(name)) as unknown as Doc[];
  }
  return all as Documents;
}

/** Collections every station has alike. */
const alike = ['patients', 'orders', 'specimens', 'results'] as const satisfies Replicated[];
/** Collections each station has what it made itself of. */
const own = ['reports', 'tasks'] as const satisfies Replicated[];

/** Fields that are each station's own business. */
const local = new Set([
  ...['id', 'createdAt', 'updatedAt', 'change', 'syncState', 'serverId', 'sync', 'extra', 'nameKey'],
  ...['label', 'labelState', 'patientId', 'orderIds', 'mergedInto'],
]);

/** Everything that is wrong after a round. */
export async function problemsOf(
  stations: readonly Station[],
  server: FhirServer,
  ledger: Ledger,
): Promise<string[]> {
  const problems = server.stats().duplicates.map((d) => `on the server twice: ${d.type} ${d.identifier}`);
  const documents = new Map<string, Documents>();
  for (const station of stations) documents.set(station.code, await documentsOf(station));
  const versions = versionsOf(server);
  const disputed = disputedOf(documents);
  for (const [code, all] of documents) {
    problems.push(...inStep(code, all, versions), ...doneOnce(code, all, disputed));
  }
  problems.push(...sameEverywhere(documents));
  problems.push(...numbersOnce(server));
  for (const fact of ledger.facts) {
    const problem = factProblem(fact, documents, server);
    if (problem !== undefined) problems.push(`${fact.station} ${fact.command} ${fact.docId}: ${problem}`);
  }
  for (const signed of ledger.signed) {
    const problem = await signatureProblem(signed, documents, server, stations);
    if (problem !== undefined) problems.push(`${signed.station} signed ${signed.reportId}: ${problem}`);
  }
  problems.push(...(await signedKept(server)));
  return [...new Set(problems)];
}

/** Newest version id of every resource at the server, by `Type/id`. */
function versionsOf(server: FhirServer): Map<string, string> {
  const versions = new Map<string, string>();
  for (const name of replicated)
    for (const type of resourceTypes[name])
      for (const { id, meta } of server.control.all(type))
        versions.set(`${type}/${id}`, meta?.versionId ?? '');
  return versions;
}

/** A record that waits for a person says why, and its task is open; one that waits to be sent names such a record. */
function isExplained(doc: Doc, all: Documents): boolean {
  if (doc.syncState === 'queued') return waitsForPerson(doc, all);
  if (doc.syncState !== 'conflict') return false;
  return all.tasks.some(
    (task) => task.status === 'open' && (task.payload as { docId?: string }).docId === doc.id,
  );
}

/**
 * A signed report that is not at the server, because another station's was there first: kept, and its amendment was ended by who signed a later
 * version at this station. Not by what was signed elsewhere, where nobody had seen it.
 */
function isAmendedHere(doc: Doc, all: Documents): boolean {
  if (doc.syncState !== 'local' || doc.state !== 'signed') return false;
  const done = all.tasks.filter(
    (task) => task.status === 'done' && (task.payload as { docId?: string }).docId === doc.id,
  );
  const later = all.reports.filter(
    (one) =>
      one.requisition === doc.requisition &&
      one.state === 'signed' &&
      Number(one.version) > Number(doc.version),
  );
  return done.some(({ resolvedAt, resolvedBy }) =>
    later.some(
      ({ signature, issuedTime }) =>
        issuedTime === resolvedAt && (signature as { personId?: string } | null)?.personId === resolvedBy,
    ),
  );
}

/** Fields that name other records, which are sent first. */
const naming = ['patientId', 'orderId', 'orderIds', 'specimenId', 'specimenIds', 'replacesId', 'resultIds'];

/** True for a record that cannot be sent before a person has decided about one it names, which was never sent. */
export function waitsForPerson(doc: Doc, all: Documents, seen: ReadonlySet<string> = new Set()): boolean {
  const named = new Set(naming.flatMap((name) => doc[name] ?? []));
  // A task goes without a result that waits for a person, but not before one that has to be sent first: the correction of such a result.
  const about = all.results.find(({ id, syncState }) => id === doc.resultId && syncState === 'queued');
  if (about !== undefined && !seen.has(about.id) && waitsForPerson(about, all, new Set([...seen, doc.id])))
    return true;
  return [...alike, ...own].some((name) =>
    all[name].some((one) => {
      if (one.serverId !== '' || !named.has(one.id) || seen.has(one.id)) return false;
      return one.syncState === 'queued'
        ? waitsForPerson(one, all, new Set([...seen, doc.id]))
        : one.syncState === 'conflict' && isExplained(one, all);
    }),
  );
}

/** Nothing is stuck, and what a station has is what the server has, in the server's newest version. */
function inStep(code: string, all: Documents, versions: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const name of [...alike, ...own]) {
    for (const doc of all[name]) {
      const at = `${code} ${name} ${doc.id}`;
      if (isExplained(doc, all) || isAmendedHere(doc, all)) continue;
      if (doc.syncState !== 'onServer') {
        problems.push(`${at} is ${doc.syncState}: ${doc.sync.why}`);
        continue;
      }
      const there = versions.get(`${resourceTypes[name][0]}/${doc.serverId}`);
      if (there === undefined) problems.push(`${at} is not on the server`);
      else if (there !== doc.sync.versionId)
        problems.push(`${at} has version ${doc.sync.versionId}, the server ${there}`);
      if (doc.change !== doc.sync.sentChange) problems.push(`${at} says on server, but has a change to send`);
    }
  }
  return problems;
}

/** What a test of a specimen and the report of a requisition are known by. */
const testOf = (doc: Doc) => `${doc.accessionIdentifier} ${doc.testCode}`;
const reportOf = (doc: Doc) => `report ${doc.requisition}`;

/** Tests and reports a person is asked about, at whichever station. */
function disputedOf(documents: ReadonlyMap<string, Documents>): Set<string> {
  const found = new Set<string>();
  for (const all of documents.values()) {
    for (const doc of all.results) if (isExplained(doc, all)) found.add(testOf(doc));
    for (const doc of all.reports) if (isExplained(doc, all)) found.add(reportOf(doc));
  }
  return found;
}

/** No record twice at one station; one result of a test of a specimen stands, and one report of a requisition. */
function doneOnce(code: string, all: Documents, disputed: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const once = (what: string, keys: string[]) => {
    const seen = new Set<string>();
    for (const key of keys) {
      if (seen.has(key)) problems.push(`${code}: ${what} twice: ${key}`);
      seen.add(key);
    }
  };
  for (const name of [...alike, ...own])
    once(
      `server id of ${name}`,
      all[name].map((doc) => doc.serverId).filter((id) => id !== ''),
    );
  const standing = (what: string, docs: Doc[], key: (doc: Doc) => string) => {
    const first = new Map<string, Doc>();
    for (const doc of docs) {
      if (doc.current !== true || disputed.has(key(doc))) continue;
      const other = first.get(key(doc));
      if (other !== undefined)
        problems.push(`${code}: standing ${what} twice: ${key(doc)}: ${told(other)} and ${told(doc)}`);
      first.set(key(doc), doc);
    }
  };
  standing('result', all.results, testOf);
  standing('report', all.reports, reportOf);
  return problems;
}

/** What tells two versions of a record apart. */
function told(doc: Doc): string {
  const { id, serverId, version, replacesId, verdict, state, createdAt, updatedAt, change, sync, value } =
    doc;
  const known = { id, serverId, version, replacesId, verdict, state, createdAt, updatedAt, change, value };
  return JSON.stringify({
    ...known,
    at: sync.versionId,
    madeAt: (doc.extra as { madeAt?: string } | undefined)?.madeAt,
  });
}

/** Every station says the same of every shared record, unless a person has to decide there. */
function sameEverywhere(documents: ReadonlyMap<string, Documents>): string[] {
  const problems: string[] = [];
  for (const name of alike) {
    const byServer = new Map<string, { code: string; doc: Doc; text: string }[]>();
    for (const [code, all] of documents) {
      for (const doc of all[name]) {
        if (doc.serverId === '' || isExplained(doc, all)) continue;
        const list = byServer.get(doc.serverId) ?? [];
        list.push({ code, doc, text: contentText(doc) });
        byServer.set(doc.serverId, list);
      }
    }
    for (const [id, list] of byServer) {
      const [first, ...others] = list;
      for (const other of others)
        if (first !== undefined && other.text !== first.text)
          problems.push(
            `${name} ${id} differs: ${first.code} and ${other.code}: ${differences(first.doc, other.doc)}`,
          );
      // One that waits for a person before its station heard that it is at the server is known there by its own id.
      const isThere = (all: Documents) =>
        all[name].some((doc) => doc.serverId === id || (doc.id === first?.doc.id && isExplained(doc, all)));
      const missing = [...documents].filter(([, all]) => !isThere(all));
      for (const [code] of missing)
        problems.push(
          `${name} ${id} is missing at ${code}: ${first === undefined ? '' : JSON.stringify(first.doc)}`,
        );
    }
  }
  return problems;
}

function contentText(doc: Doc): string {
  const names = Object.keys(doc)
    .filter((name) => !local.has(name))
    .sort();
  return JSON.stringify(names.map((name) => [name, comparable(doc, name)]));
}

/** A field as it is compared: reasons are a set, a resource's list of extensions keeps no order of ours. */
function comparable(doc: Doc, name: string): unknown {
  const value = doc[name];
  return name === 'because' && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
}

function differences(a: Doc, b: Doc): string {
  return Object.keys(a)
    .filter(
      (name) =>
        !local.has(name) && JSON.stringify(comparable(a, name)) !== JSON.stringify(comparable(b, name)),
    )
    .map((name) => `${name} ${JSON.stringify(a[name])} / ${JSON.stringify(b[name])}`)
    .join(', ');
}

/** No accession number is on two specimens (ADR 0006). */
function numbersOnce(server: FhirServer): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const resource of server.control.all('Specimen')) {
    const number = (resource.accessionIdentifier as { value?: string } | undefined)?.value ?? '';
    if (seen.has(number)) problems.push(`accession number twice: ${number}`);
    seen.add(number);
  }
  return problems;
}

function mine(server: FhirServer, type: string, docId: string): AnyResource[] {
  return (server.control.all(type) as unknown as AnyResource[]).filter(
    (resource) => ownDocId(resource as Parameters<typeof ownDocId>[0]) === docId || resource.id === docId,
  );
}

/** An acknowledged act: its record is at the server exactly once and says it. */
function factProblem(
  fact: Fact,
  documents: ReadonlyMap<string, Documents>,
  server: FhirServer,
): string | undefined {
  const collection = fact.collection as Exclude<Replicated, 'catalog'>;
  const all = documents.get(fact.station);
  const doc = all?.[collection].find((one) => one.id === fact.docId);
  if (all === undefined || doc === undefined) return 'it is gone from its station';
  if (isExplained(doc, all)) return undefined;
  const [type] = resourceTypes[collection];
  const there =
    doc.serverId === ''
      ? mine(server, type, doc.id)
      : mine(server, type, doc.serverId).concat(mine(server, type, doc.id));
  const ids = new Set(there.map((resource) => resource.id));
  if (ids.size !== 1) return `it is at the server ${ids.size} times`;
  const [resource] = there;
  if (resource === undefined || fact.wrong === undefined) return undefined;
  const here = fact.wrong(doc);
  if (here !== undefined) return `${here} at its station`;
  const from = mappings[collection].from as (
    resource: unknown,
    context: { docId: () => string },
    local: Local,
  ) => DocOf<CollectionName>;
  const read = from(resource, { docId: () => '' }, doc) as unknown as Doc;
  const at = fact.wrong(read);
  return at === undefined ? undefined : `${at} at the server`;
}

/** A signed report: at the server once, with its signature, its Provenance and its PDF as they were signed. */
async function signatureProblem(
  signed: Signed,
  documents: ReadonlyMap<string, Documents>,
  server: FhirServer,
  stations: readonly Station[],
): Promise<string | undefined> {
  const all = documents.get(signed.station);
  const doc = all?.reports.find((one) => one.id === signed.reportId);
  if (all === undefined || doc === undefined) return 'it is gone from its station';
  const signature = doc.signature as { contentHash?: string } | null;
  if (
    doc.state !== 'signed' ||
    signature?.contentHash !== signed.contentHash ||
    doc.issuedTime !== signed.issuedTime
  )
    return 'it is not what was signed any more';
  const [there, second] = mine(server, 'DiagnosticReport', signed.reportId) as DiagnosticReport[];
  const station = stations.find((one) => one.code === signed.station);
  const digest = await station?.pdf(signed.reportId);
  const data = there?.presentedForm?.find((form) => form.contentType === 'application/pdf')?.data ?? '';
  const atServer = createHash('sha256').update(Buffer.from(data, 'base64')).digest('hex');
  if (isExplained(doc, all) || isAmendedHere(doc, all)) {
    if (
      doc.syncState === 'conflict' &&
      there !== undefined &&
      signedHash(there) === '' &&
      !isWritten(doc, there)
    )
      return 'only a draft is at the server, and it is not sent';
    if (digest === undefined || digest === '')
      return 'what was signed cannot be read at its station any more';
    return digest === atServer ? 'its PDF is that of another station' : undefined;
  }
  if (there === undefined || second !== undefined) return 'it is not once at the server';
  if (there.issued !== signed.issuedTime) return `at the server it was issued ${there.issued}`;
  if (!JSON.stringify(there.extension).includes(signed.contentHash))
    return 'at the server it has another hash';
  const provenances = (server.control.all('Provenance') as unknown as Provenance[]).filter((one) =>
    one.meta?.tag?.some((tag) => tag.system === SYSTEM.id && tag.code === signed.reportId),
  );
  if (provenances.length !== 1) return `${provenances.length} Provenances at the server`;
  return digest === atServer ? undefined : 'the PDF at the server is another one';
}

/** A person wrote something in a draft at the server that is not in what was signed. */
function isWritten(doc: Doc, draft: DiagnosticReport): boolean {
  return ['send-back-reason', 'correction-reason']
    .map((name) => draft.extension?.find((one) => one.url.endsWith(`/${name}`))?.valueString ?? '')
    .concat(draft.conclusion ?? '')
    .some((text) => text !== '' && ![doc.conclusion, doc.correctionReason].includes(text));
}

/** Once a report at the server is signed, no later version of it says anything else. */
async function signedKept(server: FhirServer): Promise<string[]> {
  const problems: string[] = [];
  for (const { id, meta } of server.control.all('DiagnosticReport')) {
    if ((meta?.versionId ?? '') === '') continue;
    const answer = await fetch(`${server.url}/DiagnosticReport/${id}/_history?_count=50`);
    const bundle = (await answer.json()) as { entry?: { resource?: DiagnosticReport }[] };
    const history = (bundle.entry ?? []).flatMap((entry) => entry.resource ?? []).reverse();
    let hash = '';
    for (const version of history) {
      const now = signedHash(version);
      if (hash !== '' && now !== hash)
        problems.push(`signed DiagnosticReport/${id} changed from ${hash} to ${now}`);
      if (now !== '') hash = now;
    }
  }
  return problems;
}

/** What may never change of a signed report: signature, results, conclusion, PDF. */
function signedHash(report: DiagnosticReport): string {
  const signature = report.extension?.find((one) => one.url.endsWith('/signature'));
  if (signature === undefined) return '';
  const pdf = report.presentedForm?.map((form) => form.data ?? '').join('') ?? '';
  const text = JSON.stringify([signature, report.result, report.conclusion, report.issued, pdf]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
