import { hashSecret } from '../../main/engine/access/secrets.ts';
import { putSetting } from '../../main/engine/settings.ts';
import { openStore } from '../../main/engine/store/open.ts';
import { newBase } from '../../shared/documents/common.ts';
import { LABORATORY, laboratory, staff } from './laboratory/index.ts';

/** The demo laboratory's password and PIN, the same for everybody. Only the demo has them. */
export const DEMO_SECRET = 'demo laboratory';
export const DEMO_PIN = '1234';

export interface SeedOptions {
  dataDir: string;
  /** 32 bytes. */
  key: Uint8Array;
  stationCode: string;
  /** "Today", `YYYY-MM-DD`. */
  day: string;
  /** Results of the past year to put in; 0 for none. */
  history: number;
}

/** History is written in units of about so many results. */
const SLICE = 500;

/**
 * Prepares a demo station's store before its engine starts: people, the laboratory's name, and on request a year of history with the
 * patients it belongs to. Does nothing when people are there already.
 * @returns how many result documents of history were written.
 */
export async function seedStation(options: SeedOptions): Promise<number> {
  const clock = { now: () => new Date() };
  const store = await openStore({
    dataDir: options.dataDir,
    key: options.key,
    clock,
    stationCode: options.stationCode,
  });
  try {
    const at = clock.now().toISOString();
    const context = { actor: 'demo', command: 'demo.seed', station: options.stationCode, at };
    if ((await store.count('people', { selector: {} })) > 0) return 0;
    const secretHash = await hashSecret(DEMO_SECRET);
    const pinHash = await hashSecret(DEMO_PIN);
    await store.write(context, async (unit) => {
      for (const { id, ...member } of Object.values(staff)) {
        unit.put('people', {
          ...newBase(id, at, 'local'),
          ...member,
          roles: [...member.roles],
          secretHash,
          pinHash,
          active: true,
          failedAttempts: 0,
          lockedUntil: '',
          lastSignIn: '',
        });
      }
      await putSetting(unit, at, 'laboratory', { ...LABORATORY });
    });
    if (options.history === 0) return 0;
    const lab = laboratory({ day: options.day });
    await store.write(context, async (unit) => {
      for (const doc of lab.patients) unit.put('patients', doc, { sync: true });
      for (const doc of lab.catalog) unit.put('catalog', doc, { sync: true });
    });
    let written = 0;
    let waiting: ReturnType<typeof lab.history> extends Generator<infer P> ? P[] : never = [];
    let inSlice = 0;
    const flush = async () => {
      const slice = waiting;
      waiting = [];
      inSlice = 0;
      await store.write(context, async (unit) => {
        for (const past of slice) {
          for (const doc of past.orders) unit.put('orders', doc, { sync: true });
          for (const doc of past.specimens) unit.put('specimens', doc, { sync: true });
          for (const doc of past.results) unit.put('results', doc, { sync: true });
          for (const doc of past.tasks) unit.put('tasks', doc, { sync: true });
          unit.put('reports', past.report, { sync: true });
        }
      });
    };
    for (const past of lab.history(options.history)) {
      waiting.push(past);
      inSlice += past.results.length;
      written += past.results.length;
      if (inSlice >= SLICE) await flush();
    }
    await flush();
    return written;
  } finally {
    await store.close();
  }
}
