import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { ExceptionDetailRow, ExceptionRow } from '../../../shared/ipc/instruments.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import { specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { decodeHeld } from '../instruments/tools/decode/held.ts';
import { rawOf } from './exception-raw.ts';
import type { QueryHandlers } from './handler.ts';
import { hospitalFields } from './hospital-fields.ts';
import { picturesOfException, picturesOfResult, picturesOfSpecimen } from './pictures.ts';
import { profileOf } from './profile-of.ts';
import { nameOf } from './rows.ts';

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

async function detail(bench: Bench, task: TaskDoc): Promise<ExceptionDetailRow> {
  const { raw, from, to, fault, record, told } = await rawOf(bench, task);
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
    const isLotName = sent.specimenId !== null && bench.qcLots.knows(sent.specimenId);
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
        ok: specimen !== undefined && task.reason !== 'patientOrControl',
        note:
          specimen === undefined
            ? isLotName
              ? 'a control lot is sent by this name'
              : 'not on this station'
            : [specimen.status, patient && nameOf(patient)].filter(Boolean).join(', '),
      },
      { name: 'Measured', value: sent.completedAt.text, ok: true, note: sent.completedAt.instant ?? '' },
    );
  }
  if (bench.hospital.has(task.instrumentId)) fields.push(...hospitalFields(task));
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
  const hospital = bench.hospital.has(task.instrumentId);
  const protocol = hospital ? 'hl7' : (await profileOf(bench, task.instrumentId))?.protocol;
  const broken = bench.store.journal.message(task.messageId)?.state === 'incomplete';
  const whole = sent === undefined && raw !== '' && task.reason !== 'orderRefused';
  const decoded = whole && protocol !== undefined ? decodeHeld(raw, protocol, task.summary, broken) : null;
  const marked = decoded?.fault ?? fault;
  return {
    ...exceptionRow(task, await namesOf(bench)),
    raw,
    rawFrom: from,
    rawTo: to,
    faultFrom: marked.from,
    faultTo: marked.to,
    summary: task.summary,
    decoded,
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
  | 'exception.images'
  | 'result.images'
  | 'specimen.images'
> = {
  'instruments.lines': {
    topics: ['channel:lines'],
    run: async ({ bench }) => [...bench.instruments.lines(), ...bench.hospital.lines()],
  },
  'instruments.trace': {
    topics: ({ instrumentId }) => [`channel:trace:${instrumentId}`],
    run: async ({ bench }, { instrumentId }) =>
      bench.hospital.has(instrumentId)
        ? bench.hospital.trace(instrumentId)
        : bench.instruments.trace(instrumentId),
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
  'exception.images': {
    topics: ['tasks', 'instruments'],
    run: async ({ bench }, { taskId }) => picturesOfException(bench, taskId),
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
