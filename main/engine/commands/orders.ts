import { newBase } from '../../../shared/documents/common.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import { nameKeyOf } from '../../../shared/domain/names.ts';
import { refuse } from '../faults.ts';
import { refreshReport } from '../results/report-state.ts';
import { nextCounter } from './counter.ts';
import type { Handlers } from './handler.ts';

export const ordersHandlers: Handlers<'patient.register' | 'order.enter' | 'order.cancel'> = {
  'patient.register': async ({ bench, context, at }, args) => {
    const id = bench.newId();
    await bench.store.write(context, async (unit) => {
      const known = await unit.find('patients', {
        selector: { identifier: { $eq: args.identifier } },
        limit: 1,
      });
      if (known[0] !== undefined) {
        throw refuse(
          'patient.exists',
          `The patient id ${args.identifier} is known already.`,
          'Open that patient, or correct the id.',
          { patientId: known[0].id },
        );
      }
      if (!/^(\d{4}(-\d{2}(-\d{2})?)?)?$/.test(args.birthDate)) {
        throw refuse(
          'patient.birthDate',
          `${args.birthDate} is not a birth date.`,
          'Write it as YYYY-MM-DD, YYYY-MM or YYYY.',
        );
      }
      const doc: PatientDoc = {
        ...newBase(id, at, 'queued'),
        identifier: args.identifier.trim(),
        identifierSystem: '',
        familyName: args.familyName.trim(),
        givenName: args.givenName.trim(),
        transliteration: args.transliteration.trim(),
        sex: args.sex,
        birthDate: args.birthDate,
        ward: args.ward,
        mergedInto: '',
        nameKey: '',
      };
      unit.put('patients', { ...doc, nameKey: nameKeyOf(doc) });
    });
    return { patientId: id };
  },

  'order.enter': async ({ bench, context, at }, args) => {
    const orderIds: string[] = [];
    let requisition = args.requisition?.trim() ?? '';
    await bench.store.write(context, async (unit) => {
      const patient = await unit.get('patients', args.patientId);
      if (patient === undefined) {
        throw refuse(
          'patient.unknown',
          'This patient is not on this station.',
          'Register the patient first.',
        );
      }
      if (requisition === '') {
        const n = await nextCounter(unit, at, `requisition:${bench.station.code}`);
        requisition = `${bench.station.code}R${String(n).padStart(6, '0')}`;
      } else {
        const same = await unit.find('orders', { selector: { requisition: { $eq: requisition } } });
        const other = same.find((order) => order.patientId !== patient.id);
        if (other !== undefined) {
          throw refuse(
            'order.otherPatient',
            `The requisition ${requisition} belongs to another patient.`,
            'Check the requisition, or leave its number empty for a new one.',
          );
        }
      }
      for (const code of args.catalogCodes) {
        const tests = bench.catalog.testsOf(code);
        const entry = bench.catalog.panel(code) ?? bench.catalog.test(code);
        if (tests === undefined || entry === undefined || !entry.active) {
          throw refuse(
            'catalog.unknown',
            `The catalogue has no test or panel ${code} in use.`,
            'Choose one from the list.',
          );
        }
        const order: OrderDoc = {
          ...newBase(bench.newId(), at, 'queued'),
          requisition,
          patientId: patient.id,
          catalogCode: code,
          display: entry.name,
          testCodes: tests.map((test) => test.code),
          priority: args.priority,
          status: 'active',
          authoredOn: at,
          requester: args.requester,
          ward: args.ward || patient.ward,
          note: args.note,
          origin: 'station',
        };
        orderIds.push(order.id);
        unit.put('orders', order);
      }
      await refreshReport(unit, requisition, at);
    });
    return { requisition, orderIds };
  },

  'order.cancel': async ({ bench, context, at }, { orderId, reason }) => {
    await bench.store.write({ ...context, reason }, async (unit) => {
      const order = await unit.get('orders', orderId);
      if (order === undefined)
        throw refuse('order.unknown', 'This order is not on this station.', 'Look it up again.');
      if (order.status === 'completed' || order.status === 'revoked') {
        throw refuse('order.ended', `The order is ${order.status} already.`, 'Nothing is left to do.');
      }
      unit.put('orders', {
        ...order,
        status: 'revoked',
        note: [order.note, reason].filter(Boolean).join(' · '),
      });
      await refreshReport(unit, order.requisition, at);
    });
    return null;
  },
};
