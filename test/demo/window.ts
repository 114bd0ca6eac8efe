import type { ElectronApplication, Locator, Page } from 'playwright-core';
import type { StaffMember } from '../sim/laboratory/staff.ts';

/** Longest wait for anything on the screen, milliseconds; the machine may be busy. */
const PATIENCE = 30_000;

/** What a person does at the window, by keyboard and scanner alone. */
export class Hands {
  readonly page: Page;
  readonly #app: ElectronApplication;

  constructor(app: ElectronApplication, page: Page) {
    this.#app = app;
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** A keyboard-wedge scan: characters as fast as a scanner sends them, then Enter, as input of the window. */
  async scan(code: string): Promise<void> {
    await this.#app.evaluate(({ BrowserWindow }, text) => {
      const [window] = BrowserWindow.getAllWindows();
      for (const character of [...text, '\r']) {
        const keyCode = character === '\r' ? 'Return' : character;
        window?.webContents.sendInputEvent({ type: 'keyDown', keyCode });
        window?.webContents.sendInputEvent({ type: 'char', keyCode });
        window?.webContents.sendInputEvent({ type: 'keyUp', keyCode });
      }
    }, code);
  }

  /** Typing, slow enough not to be taken for a scanner. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 55 });
  }

  /** Goes to a screen by its digit. */
  async screen(digit: string, title: string): Promise<void> {
    await this.press('Escape');
    await this.press(digit);
    await this.page.getByRole('heading', { name: title, exact: true }).first().waitFor();
  }

  /** Signs in at the lock screen with the PIN. */
  async signIn(who: Pick<StaffMember, 'name'>, pin: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(who.name) }).click();
    await this.type(pin);
    await this.press('Enter');
    await this.page.getByRole('navigation').waitFor();
  }

  /** Locks the screen, as someone who leaves it. */
  async lock(): Promise<void> {
    await this.press('F12');
    await this.page.getByRole('navigation').waitFor({ state: 'detached' });
  }

  /** The dialog on screen. */
  dialog(): Locator {
    return this.page.getByRole('dialog');
  }
}

/** Repeats `look` until it gives something other than undefined or false. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 60_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
