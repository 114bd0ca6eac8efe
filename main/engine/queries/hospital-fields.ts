import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { ExceptionDetailRow } from '../../../shared/ipc/instruments.ts';
import type { HeldOrder } from '../hospital/hold.ts';

/** Which field the reason of an exception is about. */
const subjects: Readonly<Record<string, string>> = {
  hospitalUnknownTest: 'Test',
  hospitalPatient: 'Patient',
  hospitalUnreadable: 'Message',
  hospitalSpecimen: 'Specimen',
  hospitalRefused: 'Report',
};

/** An exception of a line to the hospital, field by field: what was asked for, under which numbers, for whom, and what is wrong. */
export function hospitalFields(task: TaskDoc): ExceptionDetailRow['fields'] {
  const order = task.payload.hospital as HeldOrder | undefined;
  const about = subjects[task.reason] ?? 'Order';
  const given = [
    { name: 'Asked for', value: order?.control ?? '' },
    { name: 'Order', value: order?.placers.join(' ') ?? '' },
    { name: 'Report', value: task.reportId === '' ? '' : task.sentSpecimen },
    { name: 'Test', value: task.sentTest },
    { name: 'Patient', value: order?.patient ?? '' },
  ].filter((field) => field.value !== '' || field.name === about);
  const fields = given.map((field) => ({
    ...field,
    ok: field.name !== about,
    note: field.name === about ? task.summary : '',
  }));
  if (fields.some((field) => !field.ok)) return fields;
  return [...fields, { name: about, value: '', ok: false, note: task.summary }];
}
