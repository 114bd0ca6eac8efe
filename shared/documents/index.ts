import type { z } from 'zod';
import { CatalogDoc } from './catalog.ts';
import { ControlDoc } from './control.ts';
import { InstrumentDoc } from './instrument.ts';
import { LotDoc } from './lot.ts';
import { OrderDoc } from './order.ts';
import { PatientDoc } from './patient.ts';
import { PersonDoc } from './person.ts';
import { ReportDoc } from './report.ts';
import { ResultDoc } from './result.ts';
import { RunDoc } from './run.ts';
import { SettingDoc } from './setting.ts';
import { SpecimenDoc } from './specimen.ts';
import { TaskDoc } from './task.ts';

export type {
  CatalogDoc,
  ControlDoc,
  InstrumentDoc,
  LotDoc,
  OrderDoc,
  PatientDoc,
  PersonDoc,
  ReportDoc,
  ResultDoc,
  RunDoc,
  SettingDoc,
  SpecimenDoc,
  TaskDoc,
};

/** The thirteen collections (RxDB opens no more in one process): each with the shape its documents are checked against before every write. */
export const documentShapes = {
  patients: PatientDoc,
  orders: OrderDoc,
  specimens: SpecimenDoc,
  results: ResultDoc,
  reports: ReportDoc,
  controls: ControlDoc,
  runs: RunDoc,
  catalog: CatalogDoc,
  instruments: InstrumentDoc,
  people: PersonDoc,
  tasks: TaskDoc,
  settings: SettingDoc,
  lots: LotDoc,
} as const;

export type CollectionName = keyof typeof documentShapes;
export type DocOf<C extends CollectionName> = z.infer<(typeof documentShapes)[C]>;
export const collectionNames = Object.keys(documentShapes) as CollectionName[];

const indexes: Record<CollectionName, string[][]> = {
  patients: [['identifier'], ['nameKey']],
  orders: [['requisition'], ['patientId', 'authoredOn'], ['status', 'authoredOn']],
  specimens: [
    ['accessionIdentifier'],
    ['requisition'],
    ['status', 'receivedTime'],
    ['receivedTime'],
    ['labelState', 'createdAt'],
  ],
  results: [
    ['accessionIdentifier', 'testCode'],
    ['patientId', 'testCode', 'effectiveTime'],
    ['verdict', 'postedTime'],
    ['postedTime'],
    ['sourceKey'],
  ],
  reports: [['requisition'], ['state', 'updatedAt'], ['issuedTime'], ['patientId']],
  controls: [
    ['instrumentId', 'testCode', 'effectiveTime'],
    ['state', 'postedTime'],
    ['sourceKey'],
    ['postedTime'],
  ],
  runs: [['day']],
  catalog: [['kind', 'code']],
  instruments: [],
  people: [['username']],
  tasks: [['status', 'kind', 'createdAt'], ['sourceKey'], ['specimenId']],
  settings: [],
  lots: [],
};

/** Longest text of each indexed field: index strings are padded to it, so short is fast. */
const lengths: Record<string, number> = {
  id: 36,
  identifier: 32,
  nameKey: 120,
  requisition: 32,
  patientId: 36,
  specimenId: 36,
  instrumentId: 24,
  authoredOn: 24,
  status: 20,
  accessionIdentifier: 32,
  receivedTime: 24,
  testCode: 16,
  effectiveTime: 24,
  verdict: 8,
  postedTime: 24,
  sourceKey: 64,
  state: 16,
  updatedAt: 24,
  createdAt: 24,
  issuedTime: 24,
  day: 10,
  kind: 16,
  code: 24,
  labelState: 8,
  username: 48,
  syncState: 8,
  serverId: 64,
};

/** The part of RxDB's JSON schema that Levey uses. */
export interface DocumentSchema {
  title: string;
  version: 0;
  primaryKey: 'id';
  type: 'object';
  properties: Record<string, { type: 'string'; maxLength: number }>;
  required: string[];
  indexes: string[][];
  attachments?: Record<string, never>;
}

/**
 * RxDB schema of one collection. Only the primary key and indexed fields are declared to RxDB; the whole shape is checked by
 * {@link documentShapes} before a write. Every collection can be read by its way to the server and by server id.
 */
export function rxSchemaOf(name: CollectionName): DocumentSchema {
  const all = [...indexes[name], ['syncState', 'updatedAt'], ['serverId']];
  const used = new Set(['id', ...all.flat()]);
  const properties: Record<string, { type: 'string'; maxLength: number }> = {};
  for (const field of used) {
    const maxLength = lengths[field];
    if (maxLength === undefined) throw new Error(`no maxLength for indexed field ${field}`);
    properties[field] = { type: 'string', maxLength };
  }
  return {
    title: name,
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties,
    required: [...used],
    indexes: all,
    ...(name === 'reports' ? { attachments: {} } : {}),
  };
}
