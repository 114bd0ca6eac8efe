import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { ExceptionDetailRow, ExceptionRow } from '../../../shared/ipc/instruments.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import { toBinary } from '../../../shared/protocols/astm/bytes.ts';
import { specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { recoverMessages } from '../instruments/link/recover.ts';
import type { QueryHandlers } from './handler.ts';
import { picturesOfResult, picturesOfSpecimen } from './pictures.ts';
import { nameOf } from './rows.ts';

const reasonTexts: Record<string, string> = {
  unknownTest: 'Unknown test',
  unknownSpecimen: 'Unknown specimen',
  specimenRejected: 'Specimen rejected',
  notReceived: 'Specimen not received',
  notOrdered: 'Not ordered',
  unmappedStatus: 'Status not mapped',
  unitMismatch: 'Unit not mapped',
  cancelledByInstrument: 'Cancelled by the instrument',
  alreadyReleased: 'Released already',
  otherContent: 'Same measurement, other content',
  notProduction: 'Not a production message',
  otherPatient: 'Another patient',
  preliminaryControl: 'Control not final yet',
  orderRefused: 'Order refused',
  unparsable: 'Not readable',
};

/** Names of people by id, for who ended an exception. */
async function namesOf(bench: Bench): Promise<ReadonlyMap<string, string>> {
  const people = await bench.store.find('people', { selector: {} });
  return new Map(people.map((doc) => [doc.id, doc.name]));
}

function exceptionRow(task: TaskDoc, names: ReadonlyMap<string, string>): ExceptionRow {
  return {
    id: task.id,
    instrumentId: task.instrumentId,
    at: task.createdAt,
    reason: task.reason,
    reasonText: reasonTexts[task.reason] ?? task.reason,
    sentTest: task.sentTest,
    sentSpecimen: task.sentSpecimen,
    sentValue: task.sentValue,
    sentUnit: task.sentUnit,
    status: task.status,
    messageId: task.messageId,
    resolution: task.resolution,
    resolvedBy: names.get(task.resolvedBy) ?? task.resolvedBy,
    resolvedAt: task.resolvedAt,
  };
}

interface Raw {
  raw: string;
  from: number;
  to: number;
  fault: { from: number; to: number };
  record: string;
  told: string;
}

/** Field of a record (counted from 1, the type is field 1) that a reason is about, and the record it stands in. */
const faults: Record<string, { record: 'result' | 'order'; field: number }> = {
  unknownTest: { record: 'result', field: 3 },
  notOrdered: { record: 'result', field: 3 },
  unitMismatch: { record: 'result', field: 5 },
  unmappedStatus: { record: 'result', field: 9 },
  cancelledByInstrument: { record: 'result', field: 9 },
  unknownSpecimen: { record: 'order', field: 3 },
  notReceived: { record: 'order', field: 3 },
  specimenRejected: { record: 'order', field: 3 },
};

/** The message of an exception as it was journalled, latin1, with the place of the result record and of the field at fault. */
function rawOf(bench: Bench, task: TaskDoc): Raw {
  const none = { from: 0, to: 0 };
  const message = task.messageId === '' ? undefined : bench.store.journal.message(task.messageId);
  if (message === undefined) return { raw: '', from: 0, to: 0, fault: none, record: '', told: 'none' };
  const rows = bench.store.journal.read({
    instrumentId: task.instrumentId,
    afterSeq: message.firstSeq - 1,
    beforeSeq: message.lastSeq + 1,
    limit: 5_000,
  });
  const raw = recoverMessages(rows)
    .map((found) => toBinary(found.text))
    .join('');
  const { told } = message;
  const places = (task.payload.result as CanonicalResult | undefined)?.records;
  if (places === undefined) return { raw, from: 0, to: raw.length, fault: none, record: '', told };
  const records = raw.split('\r');
  const placeOf = (index: number) => {
    const from = records.slice(0, index).reduce((n, record) => n + record.length + 1, 0);
    return { from, to: from + (records[index]?.length ?? 0) };
  };
  const about = faults[task.reason];
  const index = about?.record === 'order' && places.order !== null ? places.order : places.result;
  // R1: the byte after the header's H separates fields.
  const separator = records[places.header ?? 0]?.[1] ?? '|';
  const cut = (records[index] ?? '').split(separator);
  const before = cut.slice(0, (about?.field ?? 1) - 1).reduce((n, part) => n + part.length + 1, 0);
  const start = placeOf(index).from + before;
  const length = about === undefined ? 0 : (cut[about.field - 1]?.length ?? 0);
  const [type = '', number = ''] = (records[places.result] ?? '').split(separator);
  return {
    raw,
    ...placeOf(places.result),
    fault: length === 0 ? none : { from: start, to: start + length },
    record: `${type} ${number}`.trim(),
    told,
  };
}

async function detail(bench: Bench, task: TaskDoc): Promise<ExceptionDetailRow> {
  const { raw, from, to, fault, record, told } = rawOf(bench, task);
  const sent = task.payload.result as CanonicalResult | undefined;
  const fields: ExceptionDetailRow['fields'] = [];
  if (sent !== undefined) {
    const specimen =
      sent.specimenId === null ? undefined : await specimenByNumber(bench.store, sent.specimenId);
    const patient =
      specimen === undefined ? undefined : await bench.store.get('patients', specimen.patientId);
    const { overlay } = (await bench.store.get('instruments', task.instrumentId)) ?? {};
    const code = overlay?.tests.find((one) => one.code === sent.instrumentCode)?.test ?? sent.testCode;
    const test = code === null ? undefined : bench.catalog.test(code);
    const status = sent.status ?? '';
    fields.push(
      {
        name: 'Test',
        value: sent.instrumentCode,
        ok: test !== undefined,
        note: test?.name ?? 'not in the map',
      },
      {
        name: 'Value',
        value: sent.sent.text,
        ok: sent.value.kind !== 'empty',
        note: sent.value.kind === 'empty' ? 'empty' : 'text kept as sent',
      },
      {
        name: 'Unit',
        value: sent.sent.unit,
        ok: !sent.problems.some((p) => p.code === 'unitMismatch'),
        note: sent.value.unit,
      },
      {
        name: 'Flag',
        value: sent.flags.map((flag) => flag.code).join(' '),
        ok: sent.flags.every((f) => f.meaning !== null),
        note: sent.flags.map((f) => f.meaning?.text ?? 'not in the map').join(', '),
      },
      { name: 'Status', value: sent.sentStatus, ok: status !== '', note: status || 'not in the map' },
      {
        name: 'Specimen',
        value: sent.specimenId ?? '',
        ok: specimen !== undefined,
        note:
          specimen === undefined
            ? 'not on this station'
            : [specimen.status, patient && nameOf(patient)].filter(Boolean).join(', '),
      },
      { name: 'Measured', value: sent.completedAt.text, ok: true, note: sent.completedAt.instant ?? '' },
    );
  }
  const open = await bench.store.find('tasks', {
    selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
  });
  const alike = open.filter(
    (t) =>
      t.id !== task.id &&
      t.instrumentId === task.instrumentId &&
      t.reason === task.reason &&
      t.sentTest === task.sentTest,
  );
  return {
    ...exceptionRow(task, await namesOf(bench)),
    raw,
    rawFrom: from,
    rawTo: to,
    faultFrom: fault.from,
    faultTo: fault.to,
    record,
    fields,
    alike: alike.length,
    told,
  };
}

export const instrumentsQueryHandlers: QueryHandlers<
  | 'instruments.lines'
  | 'instruments.trace'
  | 'exceptions.list'
  | 'exceptions.detail'
  | 'result.images'
  | 'specimen.images'
> = {
  'instruments.lines': { topics: ['channel:lines'], run: async ({ bench }) => bench.instruments.lines() },
  'instruments.trace': {
    topics: ({ instrumentId }) => [`channel:trace:${instrumentId}`],
    run: async ({ bench }, { instrumentId }) => bench.instruments.trace(instrumentId),
  },
  'exceptions.list': {
    topics: ['tasks'],
    run: async ({ bench }, { status }) => {
      const states = status === 'open' ? ['open'] : ['done', 'rejected'];
      const tasks: TaskDoc[] = [];
      for (const state of states) {
        tasks.push(
          ...(await bench.store.find('tasks', {
            selector: { status: { $eq: state }, kind: { $eq: 'exception' } },
            sort: [{ status: 'desc' }, { kind: 'desc' }, { createdAt: 'desc' }],
            limit: 300,
          })),
        );
      }
      const names = await namesOf(bench);
      return tasks
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
        .map((task) => exceptionRow(task, names));
    },
  },
  'exceptions.detail': {
    topics: ['tasks', 'catalog', 'specimens', 'instruments'],
    run: async ({ bench }, { taskId }) => {
      const task = await bench.store.get('tasks', taskId);
      return task === undefined || task.kind !== 'exception' ? [] : [await detail(bench, task)];
    },
  },
  'result.images': {
    topics: ['results', 'instruments'],
    run: async ({ bench }, { resultId }) => picturesOfResult(bench, resultId),
  },
  'specimen.images': {
    topics: ['results', 'instruments'],
    run: async ({ bench }, { specimenId }) => picturesOfSpecimen(bench, specimenId),
  },
};
