/** One station's engine as a process of its own, whose clock may be wrong; spoken to with {@link Ask} over the child's channel. */
import { createHash } from 'node:crypto';
import { type Engine, startEngine } from '../../main/engine/engine.ts';
import type { CollectionName } from '../../shared/documents/index.ts';
import { nameKeyOf } from '../../shared/domain/names.ts';
import type { ToWindow } from '../../shared/ipc/messages.ts';
import type { Answer, Ask } from './messages.ts';

const WINDOW = 'bench';
let engine: Engine | undefined;
let asked = 0;
const waiting = new Map<number, (message: ToWindow) => void>();

function bench(): Engine['bench'] {
  if (engine === undefined) throw new Error('the engine is not started');
  return engine.bench;
}

async function start(ask: Extract<Ask, { op: 'start' }>): Promise<void> {
  const clock = { now: () => new Date(Date.now() + ask.skewMs) };
  const { dataDir, stationFile } = ask;
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (...of: unknown[]) => process.stderr.write(`${JSON.stringify(of)}\n`),
  };
  engine = await startEngine({ dataDir, stationFile, key: Uint8Array.from(ask.key), clock, log });
  engine.clients.open(WINDOW, (message) => {
    if ('id' in message && typeof message.id === 'number') waiting.get(message.id)?.(message);
  });
}

/** One message of the window and the first answer to it. */
function window(message: Record<string, unknown>): Promise<unknown> {
  asked += 1;
  const id = asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, (heard) => {
      if (heard.type === 'done') resolve(heard.value);
      else if (heard.type === 'snapshot') resolve(heard.rows);
      else if (heard.type === 'failed' || heard.type === 'watchFailed') reject(heard.error);
      else return;
      waiting.delete(id);
      if (message.type === 'watch') void engine?.clients.receive(WINDOW, { type: 'unwatch', id });
    });
    void engine?.clients.receive(WINDOW, { ...message, id });
  });
}

async function editPatient(patientId: string, fields: Record<string, string>): Promise<null> {
  const { store, clock, station } = bench();
  const context = {
    actor: 'hospital',
    command: 'patient',
    station: station.code,
    at: clock.now().toISOString(),
  };
  await store.write(context, async (unit) => {
    const patient = await unit.get('patients', patientId);
    if (patient === undefined) throw new Error('no such patient');
    const next = { ...patient, ...fields };
    unit.put('patients', { ...next, nameKey: nameKeyOf(next) });
  });
  return null;
}

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.op) {
    case 'start':
      return start(ask);
    case 'command':
      return window({ type: 'command', name: ask.name, args: ask.args });
    case 'rows':
      return window({ type: 'watch', name: ask.name, args: ask.args });
    case 'find':
      return bench().store.find(ask.collection as CollectionName, {
        selector: ask.selector,
        ...(ask.limit === undefined ? {} : { limit: ask.limit }),
      });
    case 'editPatient':
      return editPatient(ask.patientId, ask.fields);
    case 'pdf': {
      const bytes = await bench().store.readAttachment('reports', ask.reportId, 'report.pdf');
      return bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex');
    }
    case 'active':
      return process.getActiveResourcesInfo().join(' ');
    case 'audit':
      return (await bench().store.verifyAudit()).faults;
    case 'stop':
      return engine?.stop();
  }
}

process.on('message', (raw) => {
  const { id, ask } = raw as { id: number; ask: Ask };
  const reply = (message: Answer) => process.send?.(message, undefined, undefined, () => undefined);
  answer(ask)
    .then((value) => reply({ id, ok: true, value }))
    .catch((error: unknown) => {
      const { code = 'thrown', what = '' } = (error ?? {}) as { code?: string; what?: string };
      const text = error instanceof Error ? (error.stack ?? error.message) : what;
      reply({ id, ok: false, code, text });
    });
});
process.on('disconnect', () => process.exit(0));
