import type { OrderDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { accessionNumber, formatAccession } from '../../../shared/domain/accession-number.ts';
import { fold } from '../../../shared/domain/names.ts';
import { planTubes } from '../../../shared/domain/tubes.ts';
import type { LabelJobRow, ReceivedRow, RequisitionRow, TubeRow } from '../../../shared/ipc/accession.ts';
import { accessionFor, specimenByNumber } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { localDay, startOfLocalDay } from '../local-time.ts';
import { layoutOf } from '../output/label-of.ts';
import { readSetting } from '../settings.ts';
import type { QueryHandlers } from './handler.ts';
import { ageOn, nameOf, patientRow, placeOf, sexLetter } from './rows.ts';

/** Rows the received list shows; older ones of the day are found by search. */
const MOST_RECEIVED = 200;

function tubeRow(bench: Bench, specimen: SpecimenDoc, orders: readonly OrderDoc[]): TubeRow {
  const label = specimen.labelState;
  return {
    id: specimen.id,
    specimenId: specimen.id,
    accessionIdentifier: specimen.accessionIdentifier,
    accessionDisplay: formatAccession(specimen.accessionIdentifier),
    tubeIndex: specimen.tubeIndex,
    tubeCount: specimen.tubeCount,
    typeCode: specimen.typeCode,
    typeDisplay: specimen.typeDisplay,
    container: specimen.container,
    cap: specimen.cap,
    handling: bench.catalog.specimenType(specimen.typeCode)?.handling ?? '',
    testCodes: specimen.testCodes,
    panels: orders.filter((o) => specimen.orderIds.includes(o.id)).map((o) => o.display),
    status: specimen.status,
    labelState: label,
    labelWhy: specimen.label.why,
    labelAt: specimen.label.printedAt || specimen.label.queuedAt,
    receivedTime: specimen.receivedTime,
    collectedTime: specimen.collectedTime,
    collector: specimen.collector,
    conditionText: specimen.conditionText,
    syncState: placeOf(bench, specimen),
  };
}

/** The requisition somebody scanned: by its own number, by a tube's, or the newest open one of a patient's id. */
async function findRequisition(bench: Bench, scanned: string): Promise<string | undefined> {
  const text = scanned.trim();
  if (text === '') return undefined;
  for (const candidate of [text, text.toUpperCase()]) {
    const orders = await bench.store.find('orders', {
      selector: { requisition: { $eq: candidate } },
      limit: 1,
    });
    if (orders[0] !== undefined) return orders[0].requisition;
  }
  const specimen = await specimenByNumber(bench.store, text);
  if (specimen !== undefined) return specimen.requisition;
  const patients = await bench.store.find('patients', {
    selector: { identifier: { $eq: text.replace(/\s/g, '').slice(0, 32) } },
    limit: 1,
  });
  const patientId = patients[0]?.id ?? (await bench.store.get('patients', text.slice(0, 36)))?.id;
  if (patientId === undefined) return undefined;
  const orders = await bench.store.find('orders', {
    selector: { patientId: { $eq: patientId } },
    sort: [{ patientId: 'desc' }, { authoredOn: 'desc' }],
    limit: 20,
  });
  return (orders.find((order) => order.status === 'active') ?? orders[0])?.requisition;
}

async function requisitionRow(
  bench: Bench,
  requisition: string,
  at: string,
): Promise<RequisitionRow | undefined> {
  const orders = await bench.store.find('orders', { selector: { requisition: { $eq: requisition } } });
  const first = orders[0];
  const patient = first === undefined ? undefined : await bench.store.get('patients', first.patientId);
  if (first === undefined || patient === undefined) return undefined;
  const specimens = await bench.store.find('specimens', { selector: { requisition: { $eq: requisition } } });
  const drawn = specimens
    .sort((a, b) => a.tubeIndex - b.tubeIndex)
    .map((specimen) => tubeRow(bench, specimen, orders));
  const plan = planTubes(orders, bench.catalog.all(), specimens);
  const planned = plan.tubes.map(
    (tube): TubeRow => ({
      id: `planned:${tube.tubeIndex}`,
      specimenId: '',
      accessionIdentifier: '',
      accessionDisplay: '',
      tubeIndex: specimens.length + tube.tubeIndex,
      tubeCount: specimens.length + tube.tubeCount,
      typeCode: tube.typeCode,
      typeDisplay: tube.typeDisplay,
      container: tube.container,
      cap: tube.cap,
      handling: tube.handling,
      testCodes: tube.testCodes,
      panels: tube.panels,
      status: 'planned',
      labelState: 'none',
      labelWhy: '',
      labelAt: '',
      receivedTime: '',
      collectedTime: '',
      collector: '',
      conditionText: '',
      syncState: null,
    }),
  );
  const urgent = orders.find((o) => o.priority === 'stat') ?? first;
  return {
    id: requisition,
    requisition,
    patient: patientRow(patient, at),
    priority: urgent.priority,
    requester: first.requester,
    ward: first.ward || patient.ward,
    note: orders
      .map((o) => o.note)
      .filter(Boolean)
      .join(' · '),
    authoredOn: first.authoredOn,
    origin: first.origin,
    orders: orders
      .sort((a, b) => a.display.localeCompare(b.display))
      .map((o) => ({
        id: o.id,
        code: o.catalogCode,
        display: o.display,
        status: o.status,
        testCodes: o.testCodes,
      })),
    tubes: [...drawn, ...planned],
  };
}

export const accessionQueryHandlers: QueryHandlers<
  | 'accession.requisition'
  | 'accession.summary'
  | 'accession.open'
  | 'accession.received'
  | 'accession.printQueue'
  | 'accession.labelPreview'
  | 'patient.search'
> = {
  'accession.requisition': {
    topics: ['orders', 'specimens', 'patients', 'catalog'],
    run: async ({ bench, at }, { scanned }) => {
      const requisition = await findRequisition(bench, scanned);
      const row = requisition === undefined ? undefined : await requisitionRow(bench, requisition, at);
      return row === undefined ? [] : [row];
    },
  },

  'accession.summary': {
    topics: ['specimens', 'settings', 'channel:printer'],
    run: async ({ bench, at }) => {
      const day = localDay(bench.station.timeZone, new Date(at));
      const next = ((await readSetting<number>(bench.store, `accession:${day}`)) ?? 0) + 1;
      const receivedToday = await bench.store.count('specimens', {
        selector: { receivedTime: { $gte: startOfLocalDay(bench.station.timeZone, new Date(at)) } },
      });
      return [
        {
          id: 'summary',
          receivedToday,
          nextNumber: formatAccession(
            accessionNumber({ date: day, stationCode: bench.station.code, sequence: next }),
          ),
          printer: bench.labels.state(),
        },
      ];
    },
  },

  'accession.open': {
    topics: ['orders', 'specimens', 'patients'],
    run: async ({ bench, at }) => {
      const orders = await bench.store.find('orders', {
        selector: { status: { $eq: 'active' } },
        sort: [{ status: 'desc' }, { authoredOn: 'desc' }],
        limit: 600,
      });
      const byRequisition = Map.groupBy(orders, (order) => order.requisition);
      const rows = [];
      for (const [requisition, list] of byRequisition) {
        const specimens = await bench.store.find('specimens', {
          selector: { requisition: { $eq: requisition } },
        });
        if (specimens.length > 0 && specimens.every((s) => s.status !== 'expected')) continue;
        const first = list[0]!;
        const patient = await bench.store.get('patients', first.patientId);
        if (patient === undefined) continue;
        rows.push({
          id: requisition,
          requisition,
          patientName: nameOf(patient),
          transliteration: patient.transliteration,
          sex: sexLetter(patient.sex),
          age: ageOn(patient, at),
          priority: (list.find((o) => o.priority === 'stat') ?? first).priority,
          panels: list.map((o) => o.display).join(', '),
          authoredOn: first.authoredOn,
          origin: first.origin,
          state: specimens.length === 0 ? ('ordered' as const) : ('labelled' as const),
        });
      }
      const stat = (p: string) => (p === 'stat' ? 0 : 1);
      return rows
        .sort((a, b) => stat(a.priority) - stat(b.priority) || a.authoredOn.localeCompare(b.authoredOn))
        .slice(0, 200);
    },
  },

  'accession.received': {
    topics: ['specimens', 'patients'],
    run: async ({ bench, at }) => {
      const specimens = await bench.store.find('specimens', {
        selector: { receivedTime: { $gte: startOfLocalDay(bench.station.timeZone, new Date(at)) } },
        sort: [{ receivedTime: 'desc' }],
        limit: MOST_RECEIVED,
      });
      const rows: ReceivedRow[] = [];
      for (const specimen of specimens) {
        const patient = await bench.store.get('patients', specimen.patientId);
        const orders = await bench.store.getMany('orders', specimen.orderIds);
        rows.push({
          id: specimen.id,
          accessionIdentifier: specimen.accessionIdentifier,
          accessionDisplay: formatAccession(specimen.accessionIdentifier),
          cap: specimen.cap,
          patientName: patient === undefined ? '' : nameOf(patient),
          transliteration: patient?.transliteration ?? '',
          sex: patient === undefined ? '' : sexLetter(patient.sex),
          age: patient === undefined ? '' : ageOn(patient, at),
          panels: orders.map((o) => o.display).join(', '),
          priority: specimen.priority,
          status: specimen.status === 'rejected' ? 'rejected' : 'received',
          conditionText: specimen.conditionText,
          receivedTime: specimen.receivedTime,
          syncState: placeOf(bench, specimen),
        });
      }
      return rows;
    },
  },

  'accession.printQueue': {
    topics: ['specimens', 'channel:printer'],
    run: async ({ bench, at }) => {
      const rows: (LabelJobRow & { order: string })[] = [];
      // What is not on paper stays however old it is; what was printed is shown for the day.
      const today = startOfLocalDay(bench.station.timeZone, new Date(at));
      for (const state of ['printing', 'queued', 'blocked', 'failed', 'printed'] as const) {
        const found = await bench.store.find('specimens', {
          selector: { labelState: { $eq: state } },
          sort: [{ labelState: 'desc' }, { createdAt: 'desc' }],
          limit: state === 'printed' ? 12 : 100,
        });
        for (const s of found) {
          if (state === 'printed' && s.label.printedAt < today) continue;
          rows.push({
            id: s.id,
            specimenId: s.id,
            accessionDisplay: formatAccession(s.accessionIdentifier),
            cap: s.cap,
            state,
            why: s.label.why,
            at: s.label.printedAt || s.label.queuedAt || s.createdAt,
            order: s.label.queuedAt || s.createdAt,
          });
        }
      }
      return rows.sort((a, b) => b.order.localeCompare(a.order)).map(({ order: _, ...row }) => row);
    },
  },

  'accession.labelPreview': {
    topics: ['specimens', 'patients'],
    run: async ({ bench }, { specimenId }) => {
      const specimen = await bench.store.get('specimens', specimenId);
      const patient =
        specimen === undefined ? undefined : await bench.store.get('patients', specimen.patientId);
      if (specimen === undefined || patient === undefined) return [];
      const dpi = bench.station.printers[0]?.dpi ?? 203;
      return [{ id: specimen.id, specimenId, layout: layoutOf(bench, patient, specimen, dpi) }];
    },
  },

  'patient.search': {
    topics: ['patients'],
    run: async ({ bench, at }, { text }) => {
      const compact = text.replace(/\s/g, '');
      const byNumber = await bench.store.find('patients', {
        selector: { identifier: { $gte: compact, $lt: `${compact}\uffff` } },
        sort: [{ identifier: 'asc' }],
        limit: 10,
      });
      // Folded text holds letters, digits, marks and spaces only: nothing that means something in a pattern.
      const key = fold(text);
      const byName = await bench.store.find('patients', {
        selector: { nameKey: { $regex: key === '' ? '^$' : key } },
        limit: 20,
      });
      const specimen = (await accessionFor(bench, text))[0];
      const more = specimen === undefined ? [] : await bench.store.getMany('patients', [specimen.patientId]);
      const unique = new Map([...byNumber, ...byName, ...more].map((p) => [p.id, p]));
      return [...unique.values()].map((p) => patientRow(p, at));
    },
  },
};
