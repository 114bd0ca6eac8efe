/** What must hold in a store whose engine was killed, read after it came back and everything settled. */
import { openStore } from '../../main/engine/store/open.ts';
import type { Store } from '../../main/engine/store/store.ts';
import type { CollectionName, DocOf } from '../../shared/documents/index.ts';
import { resourceTypes } from '../../shared/fhir/mapping.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import type { Promised } from './person.ts';
import { type Acknowledged, MACHINES, STATION } from './surroundings.ts';

export interface CheckInput {
  dataDir: string;
  /** Hex. */
  key: string;
  acknowledged: readonly Acknowledged[];
  promised: readonly Promised[];
  server: FhirServer;
  /** Walk the audit chain too. */
  audit: boolean;
}

export interface Checked {
  problems: string[];
  /** Results, controls and exceptions that came from analysers. */
  posted: number;
}

type Records = { [C in CollectionName]: DocOf<C>[] };

/** Opens the store of an engine that has ended, and says everything that is wrong with it. */
export async function checkStore(input: CheckInput): Promise<Checked> {
  const store = await openStore({
    dataDir: input.dataDir,
    key: Uint8Array.from(Buffer.from(input.key, 'hex')),
    clock: { now: () => new Date() },
    stationCode: STATION,
  });
  try {
    const all = await recordsOf(store);
    const { problems, posted } = exactlyOnce(input.acknowledged, all);
    problems.push(...store.journal.unposted().map((message) => `message ${message.id} is not posted`));
    for (const promised of input.promised) {
      const missing = await promised.missing(store);
      if (missing !== undefined) problems.push(`${promised.command} was done, but is not there: ${missing}`);
    }
    problems.push(...halfCommands(all), ...(await halfReports(store, all)), ...onServer(input.server, all));
    if (input.audit) {
      const report = await store.verifyAudit();
      problems.push(...report.faults.map((fault) => `audit: ${JSON.stringify(fault)}`));
    }
    return { problems, posted };
  } finally {
    await store.close();
  }
}

async function recordsOf(store: Store): Promise<Records> {
  const all: Partial<Record<CollectionName, unknown[]>> = {};
  for (const name of Object.keys(store.stats().documents) as CollectionName[])
    all[name] = await store.find(name, { selector: {} });
  return all as Records;
}

const codes = new Map(
  MACHINES.map(({ id, profile }) => [
    `${STATION}.${id}`,
    new Map(builtinProfile(profile)?.tests.map((test) => [test.test, test.code])),
  ]),
);

/** What a transfer that broke off left: its message was never acknowledged as a whole and comes again (R11). */
function isBroken(task: DocOf<'tasks'>): boolean {
  const sent = task.payload.result as { problems: { code: string }[] } | undefined;
  return sent === undefined || sent.problems.some((problem) => problem.code === 'incomplete');
}

/** Every result of every acknowledged message is one result, control or exception, by content; and nothing else is. */
export function exactlyOnce(
  acknowledged: readonly Acknowledged[],
  all: Pick<Records, 'results' | 'controls' | 'tasks'> & Partial<Pick<Records, 'instruments'>>,
): Checked {
  const counts = new Map<string, number>();
  const add = (n: number, instrument: string, specimen: string, code: string, text: string) => {
    const key = `${instrument} ${specimen} ${code} ${text}`;
    counts.set(key, (counts.get(key) ?? 0) + n);
  };
  for (const message of acknowledged)
    for (const result of message.results)
      add(-1, message.instrumentId, message.specimenId, result.code, result.text);
  let posted = 0;
  const held = new Set<string>();
  for (const task of all.tasks) {
    if (task.kind !== 'exception' || isBroken(task)) continue;
    if (task.resultId !== '') held.add(task.resultId);
    // HL7 sends `<0.1` as a structured number.
    const text = task.sentValue.replace(/^([<>]=?)\^/, '$1');
    add(1, task.instrumentId, task.sentSpecimen, task.sentTest, text);
    posted += 1;
  }
  const overlays = new Map((all.instruments ?? []).map((one) => [one.id, one.overlay.tests]));
  /** The code a value came with: the profile's, or one that a person has mapped to the test meanwhile, whichever is still missing. */
  const codeOf = (instrument: string, test: string, specimen: string, text: string) => {
    const usual = codes.get(instrument)?.get(test) ?? test;
    const mapped = (overlays.get(instrument) ?? []).filter((one) => one.test === test);
    const missing = (code: string) => (counts.get(`${instrument} ${specimen} ${code} ${text}`) ?? 0) < 0;
    return [usual, ...mapped.map((one) => one.code)].find(missing) ?? usual;
  };
  for (const result of all.results) {
    if (result.messageId === '' || held.has(result.id)) continue;
    const { instrumentId, accessionIdentifier, testCode, value } = result;
    const code = codeOf(instrumentId, testCode, accessionIdentifier, value.text);
    add(1, instrumentId, accessionIdentifier, code, value.text);
    posted += 1;
  }
  for (const control of all.controls) {
    const code = codeOf(control.instrumentId, control.testCode, control.material, control.value.text);
    add(1, control.instrumentId, control.material, code, control.value.text);
    posted += 1;
  }
  const problems = [...counts]
    .filter(([, count]) => count !== 0)
    .map(([key, count]) => (count < 0 ? `lost ${-count}: ${key}` : `${count} too many: ${key}`));
  return { problems, posted };
}

function repeated(what: string, keys: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) twice.add(key);
    seen.add(key);
  }
  return [...twice].map((key) => `${what} twice: ${key}`);
}

/** Traces of a command of which only a part was stored. */
export function halfCommands(all: Records): string[] {
  const problems = [
    ...repeated(
      'accession number',
      all.specimens.map((s) => s.accessionIdentifier),
    ),
    ...repeated(
      'patient identifier',
      all.patients.map((p) => `${p.identifierSystem}|${p.identifier}`),
    ),
    ...repeated(
      'standing result',
      all.results.filter((r) => r.current).map((r) => `${r.accessionIdentifier} ${r.testCode}`),
    ),
    ...repeated(
      'standing report',
      all.reports.filter((r) => r.current).map((r) => r.requisition),
    ),
    ...repeated(
      'replaced result',
      all.results.map((r) => r.replacesId).filter((id) => id !== ''),
    ),
  ];
  const reported = new Set(all.reports.filter((r) => r.current).map((r) => r.requisition));
  for (const order of all.orders) {
    if (order.origin === 'station' && !reported.has(order.requisition))
      problems.push(`order without report: ${order.requisition}`);
  }
  for (const [requisition, tubes] of Map.groupBy(all.specimens, (s) => s.requisition)) {
    const numbers = tubes.map((tube) => tube.tubeIndex).sort((a, b) => a - b);
    const most = Math.max(...tubes.map((tube) => tube.tubeCount));
    if (numbers.length !== most || numbers.some((n, i) => n !== i + 1))
      problems.push(`${requisition} has tubes ${numbers.join(' ')} of ${most}`);
  }
  for (const specimen of all.specimens) {
    if ((specimen.status === 'received') !== (specimen.receivedTime !== ''))
      problems.push(`${specimen.accessionIdentifier} is ${specimen.status} at "${specimen.receivedTime}"`);
  }
  const results = new Map(all.results.map((r) => [r.id, r]));
  const calls = new Set(all.tasks.filter((t) => t.kind === 'criticalCall').map((t) => t.resultId));
  for (const result of all.results) {
    if (result.verdict === 'released' && (result.verifiedBy === '' || result.verifiedTime === ''))
      problems.push(`released by nobody: ${result.id}`);
    const before = results.get(result.replacesId);
    if (result.replacesId !== '' && (before === undefined || before.current))
      problems.push(
        `${result.id} replaces ${result.replacesId}, which ${before === undefined ? 'is missing' : 'stands'}`,
      );
    if ((result.interpretation === 'HH' || result.interpretation === 'LL') && !calls.has(result.id))
      problems.push(`critical without its call: ${result.id}`);
  }
  return problems;
}

/** Reports that do not say what their requisition's records say, or are signed without all a signature needs. */
async function halfReports(store: Store, all: Records): Promise<string[]> {
  const problems: string[] = [];
  const results = new Map(all.results.map((r) => [r.id, r]));
  const byRequisition = Map.groupBy(all.results, (r) => r.requisition);
  for (const report of all.reports) {
    if (report.state === 'signed') {
      const pdf = await store.readAttachment('reports', report.id, 'report.pdf');
      const isPdf = pdf !== undefined && Buffer.from(pdf.subarray(0, 5)).toString() === '%PDF-';
      if (!isPdf || report.signature === null || report.issuedTime === '')
        problems.push(`signed in part: ${report.id}`);
    }
    if (!report.current) continue;
    const released = (byRequisition.get(report.requisition) ?? []).filter(
      (r) => r.current && r.verdict === 'released',
    );
    for (const result of released) {
      if (!report.resultIds.includes(result.id))
        problems.push(`released, but not on its report: ${result.id} of ${report.requisition}`);
    }
    for (const id of report.resultIds)
      if (results.get(id) === undefined) problems.push(`on report ${report.id}, but missing: ${id}`);
  }
  return problems;
}

/** Records the central server has twice, has not, or would not take. */
function onServer(server: FhirServer, all: Records): string[] {
  const problems = server
    .stats()
    .duplicates.map((twice) => `on the server twice: ${twice.type} ${twice.identifier}`);
  for (const [collection, [type]] of Object.entries(resourceTypes)) {
    if (collection === 'catalog' || collection === 'tasks') continue;
    const docs = all[collection as CollectionName];
    problems.push(
      ...repeated(
        `server id of ${collection}`,
        docs.map((doc) => doc.serverId).filter((id) => id !== ''),
      ),
    );
    const there = new Set(server.control.all(type).map((resource) => resource.id));
    for (const doc of docs) {
      // Settings of this station alone stay here.
      if (collection === 'settings' && doc.syncState === 'local') continue;
      if (doc.syncState !== 'onServer')
        problems.push(`${collection} ${doc.id} is ${doc.syncState}: ${doc.sync.why}`);
      else if (!there.has(doc.serverId)) problems.push(`${collection} ${doc.id} is not on the server`);
    }
  }
  for (const task of all.tasks) {
    if (task.syncState === 'refused' || task.syncState === 'conflict')
      problems.push(`task ${task.kind} ${task.id} is ${task.syncState}: ${task.sync.why}`);
  }
  return problems;
}
