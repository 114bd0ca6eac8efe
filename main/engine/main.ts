import { LeveyError, toPlainError } from '../../shared/errors.ts';
import { DATABASE_KEY_BYTES, type EngineToShell, type ShellToEngine } from '../../shared/ipc/envelope.ts';
import { type Engine, startEngine } from './engine.ts';

/**
 * The engine as the shell's child: speaks shared/ipc/envelope.ts over the child's IPC channel. The first message carries the database
 * key. When the channel closes (the shell died) the engine stops cleanly.
 */
if (process.send === undefined) {
  process.stderr.write('The engine is started by the workstation, or by: npm run headless -- --help\n');
  process.exit(2);
}

/** Once the shell is gone there is nobody to tell; what is being stored is finished all the same. */
const send = (message: EngineToShell): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};
let engine: Engine | null = null;
let starting = false;

async function stop(code: number): Promise<void> {
  await engine?.stop();
  process.exit(code);
}

async function receive(message: ShellToEngine): Promise<void> {
  switch (message.type) {
    case 'start': {
      if (starting) return;
      starting = true;
      try {
        if (message.key.length !== DATABASE_KEY_BYTES) {
          throw new LeveyError({
            code: 'store.wrongKey',
            what: `The database key has ${message.key.length} bytes instead of ${DATABASE_KEY_BYTES}.`,
            safe: 'The database was not touched.',
            todo: 'Check the key file or the keychain of this computer.',
          });
        }
        engine = await startEngine({
          dataDir: message.dataDir,
          stationFile: message.stationFile,
          key: message.key,
          ...(message.demo === undefined ? {} : { demo: message.demo }),
        });
        send({ type: 'ready', station: engine.station, version: engine.version });
      } catch (error) {
        const plain = toPlainError(error);
        process.stderr.write(
          `${JSON.stringify({ level: 'error', event: 'engine.failed', code: plain.code, what: plain.what })}\n`,
        );
        process.send?.({ type: 'failed', error: plain } satisfies EngineToShell, undefined, undefined, () =>
          process.exit(1),
        );
      }
      return;
    }
    case 'client': {
      const { clientId } = message;
      if (message.event === 'opened') {
        engine?.clients.open(clientId, (out) => send({ type: 'to-window', clientId, message: out }));
      } else {
        engine?.clients.close(clientId);
      }
      return;
    }
    case 'to-engine':
      await engine?.clients.receive(message.clientId, message.message);
      return;
    case 'ping':
      send({ type: 'pong', beat: message.beat });
      return;
    case 'shutdown':
      await stop(0);
      return;
    default:
      return;
  }
}

process.on('message', (message) => void receive(message as ShellToEngine));
process.on('disconnect', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
process.on('SIGINT', () => void stop(0));
