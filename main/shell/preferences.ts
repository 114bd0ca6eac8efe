/** What the shell itself remembers between starts: nothing about patients. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Theme } from '../../shared/ipc/envelope.ts';

const Preferences = z.object({ theme: z.enum(['light', 'dark', 'system']).catch('system') });

export class PreferenceFile {
  readonly #path: string;
  #theme: Theme = 'system';

  constructor(folder: string) {
    this.#path = join(folder, 'preferences.json');
    try {
      this.#theme = Preferences.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).theme;
    } catch {
      // None yet, or not readable: the defaults do.
    }
  }

  get theme(): Theme {
    return this.#theme;
  }

  async setTheme(theme: Theme): Promise<void> {
    this.#theme = theme;
    await writeFile(this.#path, `${JSON.stringify({ theme })}\n`, { mode: 0o600 });
  }
}
