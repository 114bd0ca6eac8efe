/** What the shell itself remembers between starts: nothing about patients. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const Theme = z.enum(['light', 'dark', 'system']);
export const Language = z.enum(['en', 'de']);

/** Each thing that is missing or cannot be read is as at the first start. */
const Preferences = z.object({ theme: Theme.catch('system'), language: Language.catch('en') });
type Preferences = z.infer<typeof Preferences>;

export class PreferenceFile {
  readonly #path: string;
  #kept: Preferences = { theme: 'system', language: 'en' };

  constructor(folder: string) {
    this.#path = join(folder, 'preferences.json');
    try {
      this.#kept = Preferences.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      // None yet, or not readable: the defaults do.
    }
  }

  get theme(): Preferences['theme'] {
    return this.#kept.theme;
  }

  get language(): Preferences['language'] {
    return this.#kept.language;
  }

  setTheme(theme: Preferences['theme']): Promise<void> {
    return this.#keep({ theme });
  }

  setLanguage(language: Preferences['language']): Promise<void> {
    return this.#keep({ language });
  }

  async #keep(some: Partial<Preferences>): Promise<void> {
    this.#kept = { ...this.#kept, ...some };
    await writeFile(this.#path, `${JSON.stringify(this.#kept)}\n`, { mode: 0o600 });
  }
}
