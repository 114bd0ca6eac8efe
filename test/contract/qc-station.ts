/** A station with two analysers of one kind and people, for tests of quality control that need no wire. */
import type { Engine, EngineOptions } from '../../main/engine/engine.ts';
import { type ArrivedControl, recordControls } from '../../main/engine/qc/record.ts';
import type { ControlDoc } from '../../shared/documents/index.ts';
import { parseValue } from '../../shared/domain/value.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type EngineClient, startTestEngine, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, openLaboratory } from './people.ts';

export interface QcStation {
  engine: Engine;
  tech: EngineClient;
  lead: EngineClient;
  supervisor: EngineClient;
  /** A current lot sent as `QC-<level>`; with an approved target of a test when mean and SD are given. */
  lot(options: LotOptions): Promise<string>;
  /** Lets every target hold since so many days ago, as if it had been set then. */
  backdate(days: number): Promise<void>;
  /** Controls that arrive, all in one unit. */
  arrive(...controls: Arriving[]): Promise<ControlDoc[]>;
  stop(): Promise<void>;
}

export interface LotOptions {
  level: string;
  lot?: string;
  testCode?: string;
  mean?: string;
  sd?: string;
  expiresOn?: string;
  openStabilityHours?: number | null;
  material?: string;
}

export interface Arriving {
  level: string;
  text: string;
  /** minutes before now at which it was measured */
  ago?: number;
  testCode?: string;
  instrumentId?: string;
  lot?: string;
  sourceKey?: string;
}

export const CHEM1 = 'T1.CHEM1';
export const CHEM2 = 'T1.CHEM2';

export interface QcStationOptions {
  /** Default `T1`. */
  code?: string;
  /** Base address of a central server; none by default. */
  server?: string;
  /** Serial number of CHEM1. */
  serialNumber?: string;
  /** A third analyser: its id, and tests it has beside those of its profile, by the name it sends. */
  further?: { id: string; tests: Record<string, string> };
  /** The engine's clock and ids, for a run that can be repeated. */
  clock?: EngineOptions['clock'];
  newId?: EngineOptions['newId'];
}

/** Starts it. Stop it at the end. */
export async function qcStation({
  code = 'T1',
  server,
  serialNumber,
  further,
  clock,
  newId,
}: QcStationOptions = {}): Promise<QcStation> {
  const instruments = [];
  for (const id of ['CHEM1', 'CHEM2', ...(further === undefined ? [] : [further.id])]) {
    const port = await freePort();
    const own = id === 'CHEM1' && serialNumber !== undefined ? { serialNumber } : {};
    instruments.push({
      id,
      profile: 'demo-chemistry',
      transport: { kind: 'tcpServer' as const, port },
      ...own,
      ...(id === further?.id ? { tests: further.tests } : {}),
    });
  }
  const engine = await startTestEngine(
    testStation({
      code,
      name: `Bench ${code}`,
      timeZone: 'Europe/Dublin',
      laboratory: { ...LABORATORY },
      instruments,
      ...(server === undefined ? {} : { server: { url: server, pullSeconds: 1 } }),
    }),
    { ...(clock === undefined ? {} : { clock }), ...(newId === undefined ? {} : { newId }) },
  );
  const { bench } = engine;
  const admin = await openLaboratory(engine);
  const tech = await joined(engine, admin, 'lindqvist', 'technician');
  const lead = await joined(engine, admin, 'okafor', 'lead');
  const supervisor = await joined(engine, admin, 'adeyemi', 'supervisor');
  return {
    engine,
    tech,
    lead,
    supervisor,
    stop: () => engine.stop(),
    lot: async ({ level, lot, testCode = 'NA', mean, sd, expiresOn, openStabilityHours, material }) => {
      const { lotId } = await lead.command('qc.lot.save', {
        lotId: null,
        material: material ?? 'Level',
        manufacturer: 'Example Controls',
        lot: lot ?? `LOT${level}`,
        level,
        expiresOn: expiresOn ?? '2099-12-31',
        opened: true,
        openStabilityHours: openStabilityHours ?? null,
        sentAs: [`QC-${level}`],
        state: 'current',
      });
      if (mean !== undefined && sd !== undefined)
        await supervisor.command('qc.target.set', {
          ...{ lotId, testCode, instrumentId: '', kind: 'manufacturer' as const, mean, sd },
        });
      await bench.qcLots.load(bench.store);
      return lotId;
    },
    backdate: async (days) => {
      const at = bench.clock.now().toISOString();
      const fromTime = new Date(Date.parse(at) - days * 86_400_000).toISOString();
      await bench.store.write(
        { actor: 'test', command: 'test.backdate', station: code, at },
        async (unit) => {
          for (const lot of await unit.find('lots', { selector: {} }))
            unit.put('lots', { ...lot, targets: lot.targets.map((one) => ({ ...one, fromTime })) });
        },
      );
      await bench.qcLots.load(bench.store);
    },
    arrive: (...controls) => {
      const at = bench.clock.now().toISOString();
      const context = { actor: 'test', command: 'test.arrive', station: code, at };
      return bench.store.write(context, (unit) =>
        recordControls(
          bench,
          unit,
          at,
          controls.map((one) => arrived({ instrumentId: `${code}.CHEM1`, ...one }, at)),
        ),
      );
    },
  };
}

function arrived(one: Arriving, at: string): ArrivedControl {
  return {
    instrumentId: one.instrumentId ?? CHEM1,
    testCode: one.testCode ?? 'NA',
    material: `QC-${one.level}`,
    lot: one.lot ?? '',
    value: { ...parseValue(one.text, { comma: 'decimal' }), unit: 'mmol/L' },
    measuredTime: new Date(Date.parse(at) - (one.ago ?? 0) * 60_000).toISOString(),
    postedTime: at,
    operator: '',
    sourceKey: one.sourceKey ?? '',
    messageId: '',
  };
}
