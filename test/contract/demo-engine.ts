import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '../../main/engine/engine.ts';
import { type Demo, startDemo } from '../sim/demo.ts';
import { DEMO_PIN } from '../sim/demo-people.ts';
import { EngineClient } from './engine-client.ts';

/** The demo laboratory with its central server, an engine on it, and a technician who is signed in. */
export interface DemoEngine {
  demo: Demo;
  engine: Engine;
  tech: EngineClient;
  /** Resolves once nothing waits for the server. */
  drained(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts it with so many requisitions and no history. Stop it at the end. */
export async function startDemoEngine(requisitions: number): Promise<DemoEngine> {
  const dataDir = mkdtempSync(join(tmpdir(), 'levey-server-'));
  const key = new Uint8Array(randomBytes(32));
  const demo = await startDemo({ dataDir, key, history: 0, requisitions, selfRunning: false, say: () => {} });
  const engine = await startEngine({
    dataDir,
    stationFile: demo.stationFile,
    key: new Uint8Array(key),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const tech = new EngineClient(engine);
  await tech.command('access.signIn', { username: 'lindqvist', pin: DEMO_PIN });
  return {
    demo,
    engine,
    tech,
    drained: () =>
      tech.rows('sync.summary', {}, ([row]) => row!.queued === 0 && row!.state === 'online', 30_000),
    async stop() {
      await engine.stop();
      await demo.stop();
    },
  };
}
