/** The contract's keys for the window, and nothing else. Bundled to CommonJS: a sandboxed preload can be nothing else. */
import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS } from '../shared/ipc/channels.ts';
import type { LeveyBridge, ShellState } from '../shared/ipc/envelope.ts';

const bridge: LeveyBridge = {
  connect: (onMessage) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => onMessage(event.data);
    ipcRenderer.postMessage(CHANNELS.connect, null, [port2]);
    return { send: (message) => port1.postMessage(message) };
  },
  shell: {
    onState: (listener) => {
      const heard = (_event: unknown, state: ShellState): void => listener(state);
      ipcRenderer.on(CHANNELS.state, heard);
      ipcRenderer.invoke(CHANNELS.getState).then((state: ShellState) => listener(state));
      return () => ipcRenderer.off(CHANNELS.state, heard);
    },
    givePassphrase: (passphrase) => ipcRenderer.invoke(CHANNELS.givePassphrase, passphrase),
    restartEngine: () => ipcRenderer.invoke(CHANNELS.restartEngine),
    chooseFile: (question) => ipcRenderer.invoke(CHANNELS.chooseFile, question),
    savePdf: (document) => ipcRenderer.invoke(CHANNELS.savePdf, document),
    saveCsv: (document) => ipcRenderer.invoke(CHANNELS.saveCsv, document),
    openPdfPreview: (pdf) => ipcRenderer.invoke(CHANNELS.openPdfPreview, pdf),
    printers: () => ipcRenderer.invoke(CHANNELS.printers),
    setTheme: (theme) => ipcRenderer.invoke(CHANNELS.setTheme, theme),
    setLanguage: (language) => ipcRenderer.invoke(CHANNELS.setLanguage, language),
    copyText: (text) => ipcRenderer.invoke(CHANNELS.copyText, text),
  },
};

contextBridge.exposeInMainWorld('levey', bridge);
