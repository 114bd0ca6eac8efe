/** Electron's main process: opens the window, keeps the key, and starts and watches the engine. No laboratory logic. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, clipboard, dialog, Menu, nativeTheme, safeStorage, session } from 'electron';
import { z } from 'zod';
import { CHANNELS } from '../../shared/ipc/channels.ts';
import type { ShellState } from '../../shared/ipc/envelope.ts';
import { chooseFile, print, printers, saveCsv, savePdf } from './desk.ts';
import { WindowIpc } from './ipc.ts';
import type { Keychain } from './key-store.ts';
import { lockDownApp, lockDownSession } from './lockdown.ts';
import { parseShellOptions, type ShellOptions } from './options.ts';
import { Language, PreferenceFile, Theme } from './preferences.ts';
import { Documents, registerScheme, serveApp, serveDocuments } from './scheme.ts';
import { places, Station } from './station.ts';
import { WindowLinks } from './window-links.ts';
import { Windows } from './windows.ts';

lockDownApp();
// Tables need no graphics card, and where there is none Chromium's search for one can leave the window blank (docs/adr/0013).
app.disableHardwareAcceleration();
registerScheme();

const options = parseShellOptions(process.argv.slice(1), app.isPackaged);
const dataDir = options.dataDir ?? join(app.getPath('appData'), 'Levey');
makeDataDir();
// The lock below is per userData directory, so this makes it one instance per data directory.
app.setPath('userData', join(dataDir, 'window'));

if (app.requestSingleInstanceLock()) {
  app.whenReady().then(() => openStation(options));
} else {
  process.stderr.write('levey: this data directory is already open; its window comes to the front.\n');
  app.exit(0);
}

/** Without a data directory nothing can be done, not even showing a window: so a plain message, and the end. */
function makeDataDir(): void {
  try {
    mkdirSync(join(dataDir, 'window'), { recursive: true, mode: 0o700 });
    accessSync(join(dataDir, 'window'), constants.R_OK | constants.W_OK);
  } catch (error) {
    const why = `The data directory ${dataDir} cannot be used: ${(error as Error).message}`;
    process.stderr.write(`levey: ${why}\n`);
    dialog.showErrorBox('Levey cannot start', `${why}\n\nNothing was changed. Check who owns the directory.`);
    app.exit(1);
  }
}

const keychain: Keychain = {
  available: () => {
    if (!safeStorage.isEncryptionAvailable()) return false;
    if (process.platform !== 'linux') return true;
    return !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
  },
  wrap: (text) => safeStorage.encryptString(text),
  unwrap: (bytes) => safeStorage.decryptString(bytes),
};

async function openStation(given: ShellOptions): Promise<void> {
  const place = places(app.isPackaged, app.getAppPath(), process.resourcesPath);
  // In memory only: the window leaves no cache, no storage and no history on the disk.
  const memory = session.fromPartition('levey', { cache: false });
  lockDownSession(memory);
  lockDownSession(session.defaultSession);
  const documents = new Documents();
  serveApp(memory, given.renderer ?? place.renderer);
  // Chromium's viewer of PDFs does not run in a session that is in memory only. What it shows is served uncached.
  serveDocuments(session.defaultSession, documents);
  setMenu();

  const preferences = new PreferenceFile(join(dataDir, 'window'));
  nativeTheme.themeSource = preferences.theme;
  const windows = new Windows(memory, session.defaultSession, place.preload, documents);
  const state = (): ShellState => ({
    engine: station.state,
    theme: preferences.theme,
    language: preferences.language,
    demo: given.demo,
    version: app.getVersion(),
  });
  const links = new WindowLinks((message) => station.supervisor.send(message));
  const station = new Station({
    dataDir,
    stationFile: given.stationFile ?? join(dataDir, 'station.json'),
    keyFile: given.keyFile,
    demo: given.demo,
    node: place.node,
    engine: given.engine ?? place.engine,
    keychain,
    onState: () => windows.broadcast(CHANNELS.state, state()),
    onReady: () => links.announceAll(),
    toWindow: (clientId, message) => links.toWindow(clientId, message),
    print: async (job) => {
      station.supervisor.send({ type: 'printed', ...(await print(job)) });
    },
  });

  const ipc = new WindowIpc(windows.known);
  ipc.onPort(CHANNELS.connect, (port, sender) => links.add(port, sender.id));
  ipc.handle(CHANNELS.getState, state);
  ipc.handle(CHANNELS.givePassphrase, (text) => station.givePassphrase(z.string().max(1_000).parse(text)));
  ipc.handle(CHANNELS.restartEngine, () => station.restart());
  ipc.handle(CHANNELS.chooseFile, (question) => windows.main && chooseFile(windows.main, question));
  ipc.handle(CHANNELS.savePdf, (document) => windows.main && savePdf(windows.main, document));
  ipc.handle(CHANNELS.saveCsv, (document) => windows.main && saveCsv(windows.main, document));
  ipc.handle(CHANNELS.openPdfPreview, (pdf) => windows.preview(z.instanceof(Uint8Array).parse(pdf)));
  ipc.handle(CHANNELS.printers, () => windows.main && printers(windows.main));
  ipc.handle(CHANNELS.copyText, (text) => clipboard.writeText(z.string().max(1_000_000).parse(text)));
  ipc.handle(CHANNELS.setTheme, async (theme) => {
    await preferences.setTheme(Theme.parse(theme));
    nativeTheme.themeSource = preferences.theme;
    windows.broadcast(CHANNELS.state, state());
  });
  ipc.handle(CHANNELS.setLanguage, async (language) => {
    await preferences.setLanguage(Language.parse(language));
    windows.broadcast(CHANNELS.state, state());
  });

  let done = false;
  app.on('before-quit', (event) => {
    if (done) return;
    event.preventDefault();
    station.stop().then(() => {
      done = true;
      app.quit();
    });
  });
  app.on('window-all-closed', () => {
    if (!given.background) app.quit();
  });
  app.on('second-instance', () => windows.show());
  app.on('activate', () => windows.show());

  await Promise.all([windows.show(), station.start()]);
}

/** macOS needs a menu for copy and paste to have keys; elsewhere there is none, and its keys belong to the bench. */
function setMenu(): void {
  Menu.setApplicationMenu(
    process.platform === 'darwin'
      ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }])
      : null,
  );
}
