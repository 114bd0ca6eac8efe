/** The only place where the shell listens to a window. Every sender is checked before anything is read. */
import {
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  type MessagePortMain,
  type WebContents,
} from 'electron';
import { APP_ORIGIN } from './scheme.ts';

/** What a window is known by. */
interface Sender {
  sender: Pick<WebContents, 'id'>;
  senderFrame: { url: string; parent: unknown } | null;
}

/**
 * True for the main frame of a known window that shows our own origin. A frame that is gone, or has no address, is refused.
 * @param known ids of the web contents of our windows
 */
export function isTrusted(event: Sender, known: ReadonlySet<number>): boolean {
  if (!known.has(event.sender.id)) return false;
  const frame = event.senderFrame;
  if (frame === null || frame.parent !== null) return false;
  return typeof frame.url === 'string' && frame.url.startsWith(`${APP_ORIGIN}/`);
}

export class WindowIpc {
  readonly #known: ReadonlySet<number>;

  constructor(known: ReadonlySet<number>) {
    this.#known = known;
  }

  /** Answers a question of a window. What `answer` throws reaches the window as an Error with the same message. */
  handle(channel: string, answer: (argument: unknown, sender: WebContents) => unknown): void {
    ipcMain.handle(channel, (event: IpcMainInvokeEvent, argument: unknown) => {
      if (!isTrusted(event, this.#known)) throw new Error('refused: unknown sender');
      return answer(argument, event.sender);
    });
  }

  /** Takes a port that a window sends. */
  onPort(channel: string, take: (port: MessagePortMain, sender: WebContents) => void): void {
    ipcMain.on(channel, (event: IpcMainEvent) => {
      const [port] = event.ports;
      if (port === undefined) return;
      if (isTrusted(event, this.#known)) take(port, event.sender);
      else port.close();
    });
  }
}
