import { stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import { LeveyError } from '../../../../shared/errors.ts';
import type { Timers } from '../../timers.ts';
import { holderOfDevice } from './holder.ts';
import {
  backoffMs,
  type Connection,
  nextConnectionId,
  spokenReason,
  type Transport,
  type TransportEvents,
  WRITE_LIMIT,
} from './transport.ts';

/** How often the device file is looked at while the port is open, milliseconds. */
const WATCH_MS = 1000;
/** What the system says when another program has the port. */
const BUSY = /lock|busy|in use/i;

/** Line settings of a serial port (L19); 9600 8N1 without flow control is usual. */
export interface SerialOptions {
  path: string;
  baudRate?: number;
  dataBits?: 7 | 8;
  parity?: 'none' | 'even' | 'odd';
  stopBits?: 1 | 2;
  flowControl?: 'none' | 'hardware' | 'software';
  timers: Timers;
}

/**
 * A serial port that is opened again when it vanishes (unplugged adapter). Problems while it cannot be opened:
 * `instrument.noDevice`, `instrument.deviceBusy`, `instrument.noPermission`, `instrument.failed`.
 */
export function serial(options: SerialOptions): Transport {
  let port: SerialPort | null = null;
  let cancelRetry: (() => void) | null = null;
  let attempts = 0;
  let stopped = true;
  let holder: string | null = null;

  function retry(events: TransportEvents): void {
    if (stopped) return;
    const wait = backoffMs(attempts);
    attempts += 1;
    cancelRetry = options.timers.set(wait, () => open(events));
  }

  function open(events: TransportEvents): void {
    const next = new SerialPort({
      path: options.path,
      baudRate: options.baudRate ?? 9600,
      dataBits: options.dataBits ?? 8,
      parity: options.parity ?? 'none',
      stopBits: options.stopBits ?? 1,
      rtscts: options.flowControl === 'hardware',
      xon: options.flowControl === 'software',
      xoff: options.flowControl === 'software',
      autoOpen: false,
    });
    port = next;
    next.open((error) => {
      if (stopped) {
        if (error === null) next.close(() => undefined);
        return;
      }
      if (error !== null) {
        port = null;
        events.count('failedOpens');
        const failed = (): void => {
          const problem = openProblem(options, error, holder);
          events.status({ state: 'failed', text: `${options.path} is not open`, problem });
        };
        failed();
        if (BUSY.test(error.message)) {
          void holderOfDevice(options.path).then((found) => {
            const news = found !== holder;
            holder = found;
            if (news && !stopped && port === null) failed();
          });
        }
        retry(events);
        return;
      }
      attempts = 0;
      const connection = portConnection(next, options, events, (reason) => {
        if (port === next) port = null;
        events.closed(connection, reason);
        if (stopped) return;
        events.status({ state: 'waiting', text: `${options.path} is gone, opening it again` });
        retry(events);
      });
      events.count('connections');
      events.status({ state: 'open', text: `${options.path} is open` });
      events.opened(connection);
    });
  }

  return {
    kind: 'serial',
    start(events) {
      if (!stopped) return;
      stopped = false;
      attempts = 0;
      events.status({ state: 'waiting', text: `opening ${options.path}` });
      open(events);
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      cancelRetry = null;
      const closing = port;
      port = null;
      if (closing === null || !closing.isOpen) return;
      await flushed(closing, options.timers);
      await new Promise<void>((done) => closing.close(() => done()));
    },
  };
}

/** Lets the last bytes (often an EOT) leave, but does not wait for a device that has stopped taking any. */
function flushed(port: SerialPort, timers: Timers): Promise<void> {
  return new Promise((done) => {
    const cancel = timers.set(1000, () => done());
    port.drain(() => {
      cancel();
      done();
    });
  });
}

function portConnection(
  port: SerialPort,
  options: SerialOptions,
  events: TransportEvents,
  ended: (reason: string) => void,
): Connection {
  let open = true;
  let reason = 'closed';
  const close = (): void => {
    if (port.isOpen) port.close(() => undefined);
  };
  const unwatch = watchDevice(options, () => {
    reason = 'the device is gone';
    close();
  });
  const connection: Connection = {
    id: nextConnectionId(),
    peer: options.path,
    write(bytes) {
      if (!open) return;
      port.write(Buffer.from(bytes));
      if (port.writableLength <= WRITE_LIMIT) return;
      events.count('overflows');
      reason = 'the device does not read';
      close();
    },
    pause: () => void port.pause(),
    resume: () => void port.resume(),
    close() {
      reason = 'closed here';
      close();
    },
  };
  port.on('data', (chunk: Buffer) => events.data(connection, new Uint8Array(chunk)));
  port.on('error', (error: Error) => {
    reason = spokenReason(error);
  });
  port.on('close', (error: Error | null | undefined) => {
    if (!open) return;
    open = false;
    unwatch();
    const why = error ? spokenReason(error) : reason;
    events.count('lostConnections');
    ended(why);
  });
  return connection;
}

/**
 * Calls `gone` once when the device file vanishes or becomes another one. Needed because a read that meets the hang-up between two polls
 * returns nothing for ever, so the port alone does not always notice that its adapter was pulled out.
 */
function watchDevice(options: SerialOptions, gone: () => void): () => void {
  let cancel: (() => void) | null = null;
  let ended = !options.path.startsWith('/');
  let before: string | null = null;
  const look = async (): Promise<void> => {
    const now = await deviceIdentity(options.path);
    if (ended) return;
    before ??= now;
    if (now === '' || now !== before) {
      ended = true;
      gone();
    } else cancel = options.timers.set(WATCH_MS, () => void look());
  };
  void look();
  return () => {
    ended = true;
    cancel?.();
  };
}

/** Which device stands behind a path; '' = none. */
async function deviceIdentity(path: string): Promise<string> {
  try {
    const { dev, ino, rdev } = await stat(path);
    return `${dev}:${ino}:${rdev}`;
  } catch {
    return '';
  }
}

function openProblem(options: SerialOptions, cause: Error, holder: string | null): LeveyError {
  const text = cause.message;
  const rest = {
    safe: 'Nothing was lost: the analyser keeps its results. Levey tries again by itself.',
    details: { path: options.path },
    cause,
  };
  if (/no such file|not found|cannot find|no such device/i.test(text)) {
    return new LeveyError({
      code: 'instrument.noDevice',
      what: `There is no serial port ${options.path}.`,
      todo: 'Plug in the adapter, or correct the path in the station file.',
      ...rest,
    });
  }
  if (BUSY.test(text)) {
    return new LeveyError({
      code: 'instrument.deviceBusy',
      what: `${holder === null ? 'Another program' : `Another program, ${holder},`} uses the serial port ${options.path}.`,
      todo: 'End the other program.',
      ...rest,
    });
  }
  if (/permission|access|denied/i.test(text)) {
    return new LeveyError({
      code: 'instrument.noPermission',
      what: `The system does not allow Levey to use ${options.path}.`,
      todo: 'Add the user to the group of the device (usually dialout) and sign in again.',
      ...rest,
    });
  }
  return new LeveyError({
    code: 'instrument.failed',
    what: `The serial port ${options.path} cannot be opened: ${spokenReason(cause)}.`,
    todo: 'Check the line settings in the station file.',
    ...rest,
  });
}

/** A serial port this computer has. */
export interface SerialPortInfo {
  path: string;
  manufacturer: string;
  serialNumber: string;
}

/** Serial ports of this computer; empty where the system cannot tell (no udev), never an error. */
export async function listSerialPorts(): Promise<SerialPortInfo[]> {
  try {
    const ports = await SerialPort.list();
    return ports.map((port) => ({
      path: port.path,
      manufacturer: port.manufacturer ?? '',
      serialNumber: port.serialNumber ?? '',
    }));
  } catch {
    return [];
  }
}
