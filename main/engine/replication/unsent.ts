import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DocOf } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import type { Bench } from '../bench.ts';
import { replicated } from '../live/board.ts';
import { utcOffsetMinutes } from '../local-time.ts';
import type { UnsentGroup, UnsentRecord } from '../output/unsent-pdf.ts';
import { nameOf } from '../queries/rows.ts';
import { titleOf } from '../queries/sync.ts';
import type { Find } from '../store/store.ts';
import { isKept, keptFirst } from './kept.ts';

type Replicated = (typeof replicated)[number];
type Doc = DocOf<Replicated> & { patientId?: string; accessionIdentifier?: string; state?: string };

/** Documents read at a time: the bench is not to notice. */
const PAGE = 300;

/** The groups in the order of the statement. */
const GROUPS: readonly { title: string; kind: Replicated; signed?: boolean }[] = [
  { title: 'Signed reports', kind: 'reports', signed: true },
  { title: 'Results', kind: 'results' },
  { title: 'Other reports', kind: 'reports', signed: false },
  { title: 'Specimens', kind: 'specimens' },
  { title: 'Orders', kind: 'orders' },
  { title: 'Patients', kind: 'patients' },
  { title: 'QC results', kind: 'controls' },
  { title: 'QC lots', kind: 'lots' },
  { title: 'QC decisions', kind: 'settings' },
  { title: 'Tasks and calls', kind: 'tasks' },
  { title: 'Catalogue', kind: 'catalog' },
  { title: 'Instruments', kind: 'instruments' },
];
/** Why a record that nobody refused and that waits for no other is still here, by how the line stands. */
const WAITS_FOR = {
  none: '',
  offline: 'no answer from the server',
  paused: 'sending is paused',
  online: 'its turn comes by itself',
} as const;
/** What needs a person first, then what waits, then what a person keeps here. */
const STANDINGS: readonly Pick<Find, 'selector' | 'sort'>[] = [
  ...['conflict', 'refused', 'queued'].map((state) => ({
    selector: { syncState: { $eq: state } },
    sort: keptFirst.sort ?? [],
  })),
  keptFirst,
];

/** Every record the server has not got as it is here, signed reports first, what needs a person first within a kind, then the oldest. */
export async function unsentGroups(bench: Bench): Promise<UnsentGroup[]> {
  const groups = GROUPS.map((one) => ({ ...one, found: [] as Doc[] }));
  for (const kind of replicated) {
    for (const standing of STANDINGS) {
      for (let skip = 0; ; skip += PAGE) {
        const docs = (await bench.store.find(kind, {
          ...standing,
          skip,
          limit: PAGE,
        })) as unknown as Doc[];
        for (const doc of docs) {
          if (doc.syncState === 'local' && !isKept(doc)) continue;
          const signed = kind === 'reports' ? doc.state === 'signed' : undefined;
          groups.find((one) => one.kind === kind && one.signed === signed)?.found.push(doc);
        }
        if (docs.length < PAGE) break;
        await nextTurn();
      }
    }
  }
  const names = new Map<string, string>();
  const made: UnsentGroup[] = [];
  for (const { title, kind, found } of groups) {
    const count = (state: string) => found.filter((doc) => doc.syncState === state).length;
    const records: UnsentRecord[] = [];
    for (const doc of found) records.push(await recordOf(bench, kind, doc, names));
    const oldest = found.map((doc) => doc.updatedAt).sort()[0];
    made.push({
      title,
      waits: count('queued'),
      refused: count('refused'),
      undecided: count('conflict'),
      kept: found.filter(isKept).length,
      oldest: oldest === undefined ? '' : printedTime(bench.station.timeZone, oldest),
      records,
    });
  }
  return made;
}

async function recordOf(
  bench: Bench,
  kind: Replicated,
  doc: Doc,
  names: Map<string, string>,
): Promise<UnsentRecord> {
  const here = bench.station.server === undefined;
  const waits = here ? 'stays here' : 'waits';
  const kept = isKept(doc);
  const states = { conflict: 'to be decided', refused: 'refused', queued: waits } as const;
  return {
    accession: doc.accessionIdentifier ? formatAccession(doc.accessionIdentifier) : '',
    patient: await patientOf(bench, kind === 'patients' ? doc.id : (doc.patientId ?? ''), names),
    what: whatOf(kind, doc),
    since: printedTime(bench.station.timeZone, doc.updatedAt),
    state: kept ? 'kept here' : states[doc.syncState as keyof typeof states],
    why: kept
      ? keptWhy(bench, doc)
      : doc.sync.why || (doc.syncState === 'queued' ? await waitsFor(bench, kind, doc) : ''),
  };
}

/** Why a record stays here, and since when. */
function keptWhy(bench: Bench, { sync }: Doc): string {
  const since = printedTime(bench.station.timeZone, sync.since);
  return `${sync.why === '' ? 'Not as it is here at the server' : sync.why} (${since}); kept here by a person’s decision`;
}

/** What a record waits for that nobody refused: its patient or a result it names that cannot go itself, else how the line stands. */
async function waitsFor(bench: Bench, kind: Replicated, doc: Doc): Promise<string> {
  const { resultIds = [], replacesId = '' } = doc as unknown as { resultIds?: string[]; replacesId?: string };
  const patient = await bench.store.get('patients', doc.patientId ?? '');
  const held = patient === undefined ? '' : holdsUp(patient);
  if (held !== '') return `its patient ${held}`;
  const named = kind === 'reports' ? resultIds : kind === 'results' ? [replacesId] : [];
  for (const id of named) {
    const result = id === '' ? undefined : await bench.store.get('results', id);
    const why = result === undefined ? '' : holdsUp(result);
    if (why !== '') return `${result?.testName} ${result?.value.text} of it ${why}`;
  }
  return WAITS_FOR[bench.server.summary().state];
}

/** Why a record keeps those that name it from going; empty where it does not, or goes by itself. */
function holdsUp({ serverId, syncState, sync }: Pick<Doc, 'serverId' | 'syncState' | 'sync'>): string {
  if (serverId !== '') return '';
  if (syncState === 'conflict') return 'is to be decided first';
  if (syncState === 'refused') return 'was refused';
  return syncState === 'queued' && sync.why !== '' ? 'is tried in vain' : '';
}

/** Name and number of a patient; empty when there is none. */
async function patientOf(bench: Bench, id: string, names: Map<string, string>): Promise<string> {
  if (id === '') return '';
  const known = names.get(id);
  if (known !== undefined) return known;
  const patient = await bench.store.get('patients', id);
  const text = patient === undefined ? '' : `${nameOf(patient)}, ${patient.identifier}`;
  names.set(id, text);
  return text;
}

function whatOf(kind: Replicated, doc: Doc): string {
  if (kind !== 'reports') return titleOf(kind, doc);
  const { requisition, version } = doc as unknown as DocOf<'reports'>;
  return `${requisition}, version ${version}`;
}

/** `2026-11-22 13:05`, local. */
export function printedTime(timeZone: string, at: string): string {
  const local = new Date(Date.parse(at) + utcOffsetMinutes(timeZone, new Date(at)) * 60_000);
  return local.toISOString().slice(0, 16).replace('T', ' ');
}
