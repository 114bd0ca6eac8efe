import type { Bench } from '../bench.ts';
import { qcBoardOf } from './board.ts';
import { followGate } from './record.ts';

const MINUTE_MS = 60_000;

/**
 * Looks at the gates every minute: a control that falls due, or an override that ends, blocks what waits without anybody having done anything
 * (W13). Live queries that show due times listen to `channel:minute`. Returns the way to stop.
 */
export function startQcClock(bench: Bench): { stop: () => Promise<void> } {
  const known = new Map<string, string>();
  const look = async (): Promise<void> => {
    const at = bench.clock.now().toISOString();
    for (const { instrumentId, testCode, gate } of await qcBoardOf(bench).standings(at)) {
      const key = `${instrumentId} ${testCode}`;
      const now = `${gate.state} ${gate.blocks}`;
      if (known.get(key) === now) continue;
      known.set(key, now);
      const context = { actor: 'engine', command: 'qc.due', station: bench.station.code, at };
      await bench.store.write(context, (unit) => followGate(bench, unit, at, instrumentId, testCode));
    }
    bench.hub.changed(['channel:minute']);
  };
  let stopped = false;
  let cancel = (): void => {};
  const again = (): void => {
    cancel = bench.timers.set(MINUTE_MS, () => {
      working = look()
        .catch((error: unknown) => bench.log.error('qc.clock', { error: String(error) }))
        .finally(() => {
          if (!stopped) again();
        });
    });
  };
  let working: Promise<void> = Promise.resolve();
  again();
  return {
    stop: async () => {
      stopped = true;
      cancel();
      await working;
    },
  };
}
