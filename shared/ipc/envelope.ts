/**
 * What the three processes say to each other, around the contract of commands and queries.
 *
 * - shell to engine and back: {@link ShellToEngine}, {@link EngineToShell}, over the child's IPC channel
 *   (`serialization: 'advanced'`, so typed arrays and dates arrive as such).
 * - shell to window: {@link ShellState} and the functions of {@link ShellBridge}, over the preload.
 * - window and engine speak the contract's own messages; here they are `unknown` and carried unread.
 */
import type { PlainError } from '../errors.ts';

/** The database key is always this long, in bytes. */
export const DATABASE_KEY_BYTES = 32;

/** One window's connection. Given by the shell, never reused within one run of the shell. */
export type ClientId = string;

/** Who the engine says it is, once its station file has been read. */
export interface StationInfo {
  /** Station code, for example `B1`. */
  code: string;
  /** Name for people, for example `Bench 1, chemistry`. */
  name: string;
}

/** A document for a printer of the operating system. */
export interface PrintJob {
  /** Chosen by the engine; comes back in {@link PrintDone}. */
  jobId: string;
  /** Name as the operating system knows the printer; empty for its default one. */
  printer: string;
  copies: number;
  /** The document, application/pdf. It is piped to the printing system and never written to a file. */
  pdf: Uint8Array;
}

/** What became of a {@link PrintJob}: `error` is missing when the printing system has taken it. */
export interface PrintDone {
  jobId: string;
  error?: PlainError;
}

/** The first message to a new engine. The key travels here and nowhere else: not in argv, env, or a file. */
export interface StartMessage {
  type: 'start';
  /** Absolute path of the data directory; it exists and belongs to this user alone (mode 0700). */
  dataDir: string;
  /** Absolute path of the station file. */
  stationFile: string;
  /** {@link DATABASE_KEY_BYTES} bytes. The engine overwrites them with zeros once the database is open. */
  key: Uint8Array;
  /** True in the demo laboratory. */
  demo?: boolean;
}

export type ShellToEngine =
  | StartMessage
  | { type: 'client'; clientId: ClientId; event: 'opened' | 'closed' }
  | { type: 'to-engine'; clientId: ClientId; message: unknown }
  | ({ type: 'printed' } & PrintDone)
  /** Answered at once with `pong` and the same number: no answer for 15 s is shown as "not answering". */
  | { type: 'ping'; beat: number }
  /** Finish what is being written, close, and exit with code 0. SIGTERM follows after 5 s. */
  | { type: 'shutdown' };

export type EngineToShell =
  /** The database is open, the instruments are being started, clients are welcome. */
  | { type: 'ready'; station: StationInfo; version: string }
  /**
   * The engine refuses to run (wrong key, damaged database, newer schema, bad station file ...) and exits. A restart
   * would not help, so the shell makes none until a person asks for it.
   */
  | { type: 'failed'; error: PlainError }
  | { type: 'to-window'; clientId: ClientId; message: unknown }
  | ({ type: 'print' } & PrintJob)
  | { type: 'pong'; beat: number };

/** What the engine is doing, as the window shows it. `why` says what happened, what is safe and what to do. */
export type EngineState =
  | { phase: 'starting' }
  /** `silentForSeconds` is set while the engine has not answered for 15 s or more. */
  | { phase: 'running'; station: StationInfo; version: string; silentForSeconds: number | null }
  | { phase: 'restarting'; inSeconds: number; why: PlainError }
  /** Nothing happens until a person asks for a restart. */
  | { phase: 'stopped'; why: PlainError }
  /** There is no keychain: the key waits for its passphrase. `fresh`: none exists yet, a new one is to be chosen. */
  | { phase: 'locked'; fresh: boolean; why: PlainError | null };

export type Theme = 'light' | 'dark' | 'system';
/** The languages of the window. */
export type Language = 'en' | 'de';

/** All that the shell itself tells the window. */
export interface ShellState {
  engine: EngineState;
  theme: Theme;
  language: Language;
  /** True in the demo laboratory. */
  demo: boolean;
  /** Version of the product. */
  version: string;
}

/** A file a person chose. The window gets its bytes, never its path. */
export interface ChosenFile {
  name: string;
  bytes: Uint8Array;
}

export interface FileQuestion {
  title: string;
  /** For example `[{ name: 'Station file', extensions: ['json'] }]`; empty for any file. */
  filters: { name: string; extensions: string[] }[];
}

export interface DocumentToSave {
  /** File name without a directory; anything else in it is removed. Must not name a patient. */
  suggestedName: string;
  bytes: Uint8Array;
}

export interface TableToSave {
  /** As in {@link DocumentToSave}; it gets the ending `.csv`. */
  suggestedName: string;
  text: string;
}

/** An operating system's printer. */
export interface SystemPrinter {
  name: string;
  label: string;
}

/** What `window.levey.shell` offers. Every promise rejects with an `Error` whose message is a sentence for a person. */
export interface ShellBridge {
  /** Calls back with the state as it is, and at every change. Returns the way to stop that. */
  onState(listener: (state: ShellState) => void): () => void;
  /** Answers the phase `locked`. The outcome is the next state. At least 12 characters when the passphrase is new. */
  givePassphrase(passphrase: string): Promise<void>;
  /** Starts the engine again, now: out of `stopped`, `restarting`, or `running` when it does not answer. */
  restartEngine(): Promise<void>;
  /** Asks for a file of at most 64 MiB; `null` when the person chose none. */
  chooseFile(question: FileQuestion): Promise<ChosenFile | null>;
  /** Asks where to, writes, and tells the file's name; `null` when the person cancelled. */
  savePdf(document: DocumentToSave): Promise<{ name: string } | null>;
  /** The same for a table of figures as CSV text in UTF-8. */
  saveCsv(document: TableToSave): Promise<{ name: string } | null>;
  /** Shows a PDF in a window of its own. It is kept in memory and forgotten when that window closes. */
  openPdfPreview(pdf: Uint8Array): Promise<void>;
  printers(): Promise<SystemPrinter[]>;
  setTheme(theme: Theme): Promise<void>;
  setLanguage(language: Language): Promise<void>;
  /** Puts text on the clipboard. */
  copyText(text: string): Promise<void>;
}

/** The window's half of its connection to the engine. */
export interface EngineConnection {
  send(message: unknown): void;
}

/** The whole of `window.levey`. */
export interface LeveyBridge {
  /**
   * Opens the connection to the engine. Called again it replaces the earlier one. After an engine's restart the
   * connection is new to the engine: when the phase becomes `running` again, ask again for everything.
   */
  connect(onMessage: (message: unknown) => void): EngineConnection;
  shell: ShellBridge;
}
