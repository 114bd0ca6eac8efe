/** The shell's command line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface ShellOptions {
  /** Data directory; `null` for the usual place of this user. */
  dataDir: string | null;
  /** Station file; `null` for `station.json` in the data directory. */
  stationFile: string | null;
  /** A file (mode 0600) with the database key, instead of the keychain; for tests, demo and back-room stations. */
  keyFile: string | null;
  demo: boolean;
  /** The engine keeps running when the window is closed; starting the app again opens a new one. */
  background: boolean;
  /** For development and tests, refused by a packaged app: the engine's program, the window's files. */
  engine: string | null;
  renderer: string | null;
}

/**
 * Reads the arguments after the program and the app. Switches that are Chromium's own (anything unknown) are left alone.
 * @param args process.argv without the program
 * @param packaged true in an installed app, where the development options are not honoured
 */
export function parseShellOptions(args: string[], packaged: boolean): ShellOptions {
  const { values } = parseArgs({
    args,
    strict: false,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      station: { type: 'string' },
      'key-file': { type: 'string' },
      demo: { type: 'boolean' },
      background: { type: 'boolean' },
      engine: { type: 'string' },
      renderer: { type: 'string' },
    },
  });
  const path = (value: string | boolean | undefined): string | null =>
    typeof value === 'string' && value !== '' ? resolve(value) : null;
  return {
    dataDir: path(values.data),
    stationFile: path(values.station),
    keyFile: path(values['key-file']),
    demo: values.demo === true,
    background: values.background === true,
    engine: packaged ? null : path(values.engine),
    renderer: packaged ? null : path(values.renderer),
  };
}
