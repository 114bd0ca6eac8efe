/** The windows: the bench's own, and previews of PDFs. */
import { app, BrowserWindow, nativeTheme, type Session } from 'electron';
import { APP_ORIGIN, type Documents } from './scheme.ts';

/** Never anything about a patient: titles are seen in task bars, switchers and screen recordings. */
const TITLE = 'Levey';

export class Windows {
  /** Ids of the web contents that may speak to the shell. Previews are not among them. */
  readonly known = new Set<number>();
  readonly #session: Session;
  readonly #previews: Session;
  readonly #preload: string;
  readonly #documents: Documents;
  #main: BrowserWindow | null = null;

  constructor(session: Session, previews: Session, preload: string, documents: Documents) {
    this.#session = session;
    this.#previews = previews;
    this.#preload = preload;
    this.#documents = documents;
  }

  /** Opens the bench's window, or brings it to the front. */
  async show(): Promise<void> {
    if (this.#main !== null) {
      if (this.#main.isMinimized()) this.#main.restore();
      this.#main.focus();
      return;
    }
    const window = new BrowserWindow({
      title: TITLE,
      width: 1440,
      height: 900,
      minWidth: 1024,
      minHeight: 640,
      useContentSize: true,
      show: false,
      autoHideMenuBar: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#14181c' : '#ffffff',
      webPreferences: {
        session: this.#session,
        preload: this.#preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        enableWebSQL: false,
        devTools: !app.isPackaged,
      },
    });
    this.#main = window;
    const id = window.webContents.id;
    this.known.add(id);
    keepTitle(window);
    window.once('ready-to-show', () => window.show());
    window.on('closed', () => {
      this.known.delete(id);
      this.#main = null;
    });
    // The engine goes on without a window; a new page finds everything again.
    window.webContents.on('render-process-gone', (_event, details) => {
      if (details.reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload();
    });
    await window.loadURL(`${APP_ORIGIN}/index.html`);
  }

  /** Sends a message to every window that may have it. */
  broadcast(channel: string, message: unknown): void {
    if (this.#main !== null && !this.#main.isDestroyed()) this.#main.webContents.send(channel, message);
  }

  get main(): BrowserWindow | null {
    return this.#main;
  }

  /** Shows a PDF in a window of its own, without preload and unknown to the shell. */
  async preview(pdf: Uint8Array): Promise<void> {
    const url = this.#documents.add(pdf);
    const window = new BrowserWindow({
      title: TITLE,
      width: 900,
      height: 1100,
      autoHideMenuBar: true,
      webPreferences: {
        session: this.#previews,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        plugins: true,
        devTools: false,
      },
    });
    keepTitle(window);
    window.on('closed', () => this.#documents.forget(url));
    await window.loadURL(url);
  }
}

/** A page's own title never becomes the window's. */
function keepTitle(window: BrowserWindow): void {
  window.on('page-title-updated', (event) => event.preventDefault());
}
