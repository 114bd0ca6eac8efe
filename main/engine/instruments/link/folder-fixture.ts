/** Test help: a watched folder on disk, a clock and timers that are told, and a file system that can be stopped at any step. Used by tests only. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinProfile } from '../../../../shared/profiles/builtin.ts';
import type { FileProfile } from '../../../../shared/profiles/profile.ts';
import type { FilePort } from './folder-files.ts';
import { nodeFiles } from './folder-files.ts';
import { FolderSession } from './folder-session.ts';
import type { FolderSessionOptions } from './folder-types.ts';
import type { JournalRow, LineTrace, ReceivedMessage, SessionState } from './ports.ts';
import { virtualTimers } from './session-fixture.ts';

export const HEADER = 'specimen,test,value,unit,flag,status,measured,operator\n';
export const row = (specimen: string, value = '140') =>
  `${specimen},NA,${value},mmol/L,,F,2026-07-29 06:42:05,kim\n`;

export const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** What a station keeps across a crash: the journal's rows, and which messages were posted, by digest. */
export function folderStore() {
  return {
    rows: [] as JournalRow[],
    posted: [] as string[],
    failing: false,
  };
}

export type FolderStore = ReturnType<typeof folderStore>;

export const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A folder with nothing in it. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'levey-folder-'));
}

/** A file system whose calls hang for ever after so many that change something: what a killed engine leaves behind. */
export function killedAfter(
  steps: number,
  inner: FilePort = nodeFiles,
): FilePort & {
  done: () => number;
  hung: () => boolean;
  /** Resolves when it stops. */
  hangs: Promise<void>;
} {
  let left = steps;
  let done = 0;
  let hung = false;
  const { promise: hangs, resolve: hang } = Promise.withResolvers<void>();
  const counted =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left <= 0) {
        hung = true;
        hang();
        return new Promise<R>(() => undefined);
      }
      left -= 1;
      done += 1;
      return call(...args);
    };
  return {
    ...inner,
    rename: counted(inner.rename),
    read: counted(inner.read),
    write: counted(inner.write),
    copy: counted(inner.copy),
    remove: counted(inner.remove),
    sync: counted(inner.sync),
    done: () => done,
    hung: () => hung,
    hangs,
  };
}

export interface FolderRun {
  folder?: string;
  store?: FolderStore;
  files?: FilePort;
  id?: string;
  link?: Partial<FileProfile['link']>;
  place?: Partial<FolderSessionOptions['folder']>;
  onMessage?: FolderSessionOptions['onMessage'];
}

/** A session on a folder. `tick` lets time pass and waits until what it brought is done. */
export function folderRun(options: FolderRun = {}) {
  const path = options.folder ?? newFolder();
  const store = options.store ?? folderStore();
  const found = builtinProfile('generic-csv');
  if (found?.protocol !== 'file') throw new Error('no profile');
  const profile: FileProfile = { ...found, link: { ...found.link, ...options.link } };
  const timers = virtualTimers();
  let now = Date.parse('2026-07-29T06:42:05.118Z');
  const messages: ReceivedMessage[] = [];
  const traces: LineTrace[] = [];
  const states: SessionState[] = [];
  const journalErrors: unknown[] = [];
  let dead = false;
  const journalled = () =>
    store.rows.map(({ bytes }, at) => ({ digest: digestOf(bytes), firstSeq: at + 1 })).reverse();
  const onMessage =
    options.onMessage ??
    (async () => {
      return 'stored' as const;
    });
  const session = new FolderSession({
    instrumentId: options.id ?? 'T1.CSV1',
    folder: { kind: 'folder', path, archive: 'archive', errors: 'errors', ...options.place },
    profile,
    files: { ...(options.files ?? nodeFiles), watch: () => () => undefined },
    clock: { now: () => new Date(now) },
    timers,
    journal: {
      async appendDurable(entry) {
        if (dead) return new Promise<number>(() => undefined);
        if (store.failing) throw new Error('no space');
        store.rows.push(entry);
        return store.rows.length;
      },
      messageByDigest: (_, digest) => journalled().find((one) => one.digest === digest),
      messages: (_, limit) => journalled().slice(0, limit),
      read: ({ afterSeq, beforeSeq, limit }) =>
        store.rows
          .map((entry, at) => ({ seq: at + 1, ...entry }))
          .filter(({ seq }) => seq > afterSeq && seq < beforeSeq)
          .slice(0, limit),
    },
    onMessage: async (message) => {
      if (dead) return new Promise<'stored'>(() => undefined);
      messages.push(message);
      const outcome = await onMessage(message);
      if (outcome === 'stored') store.posted.push(digestOf(message.text));
      return outcome;
    },
    onTrace: (trace) => traces.push(trace),
    onState: (state) => states.push(state),
    onJournal: (error) => journalErrors.push(error),
  });
  const settle = async (): Promise<void> => {
    await session.idle();
    for (let turn = 0; turn < 30; turn += 1) await new Promise((done) => setImmediate(done));
    await session.idle();
  };
  return {
    path,
    store,
    session,
    messages,
    traces,
    states,
    journalErrors,
    settle,
    put: (name: string, text: string | Uint8Array) => writeFileSync(join(path, name), text),
    touch: (name: string, seconds: number) => utimesSync(join(path, name), seconds, seconds),
    async tick(ms = 2_000) {
      now += ms;
      timers.advance(ms);
      await settle();
    },
    /** Time passes, and nothing is waited for. */
    advance(ms: number) {
      now += ms;
      timers.advance(ms);
    },
    setClock: (at: string) => {
      now = Date.parse(at);
    },
    names: (inside = '') => list(join(path, inside)),
    text: (...parts: string[]) => readFileSync(join(path, ...parts), 'utf8'),
    /** Nothing it does reaches the store any more. */
    kill: () => {
      dead = true;
    },
  };
}

/** The names in a folder, without those that begin with a dot. */
function list(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();
}
