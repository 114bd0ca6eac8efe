/** Names of the few Electron channels between the preload and the shell. Nothing else may use raw ipc. */
export const CHANNELS = {
  /** Window to shell, with a MessagePort: the connection to the engine. */
  connect: 'levey:connect',
  /** Shell to window: a ShellState. */
  state: 'levey:state',
  /** Window to shell, answered: see ShellBridge. */
  getState: 'levey:get-state',
  givePassphrase: 'levey:give-passphrase',
  restartEngine: 'levey:restart-engine',
  chooseFile: 'levey:choose-file',
  savePdf: 'levey:save-pdf',
  saveCsv: 'levey:save-csv',
  openPdfPreview: 'levey:open-pdf-preview',
  printers: 'levey:printers',
  setTheme: 'levey:set-theme',
  setLanguage: 'levey:set-language',
  copyText: 'levey:copy-text',
} as const;
