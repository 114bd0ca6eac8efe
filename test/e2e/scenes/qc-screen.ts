/** The screen of controls in a real window, with the supervisor signed in, and the keys to go about it. */
import type { Page } from 'playwright-core';
import { type Bench, startBench, stopLauncher } from '../harness.ts';
import { prepareScene, type Scene, type SceneOptions, signIn } from './prepare.ts';

/** A window that shows the controls. */
export interface QcScreen {
  scene: Scene;
  bench: Bench;
  page: Page;
  /** Ends window, scene and launcher. */
  close(): Promise<void>;
}

/** Makes the laboratory, opens its window and goes to the controls. */
export async function openQc(options: SceneOptions): Promise<QcScreen> {
  const scene = await prepareScene(options);
  let bench: Bench | undefined;
  const close = async () => {
    await bench?.close();
    await scene.stop();
    await stopLauncher();
  };
  try {
    bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
    const { page } = bench;
    await signIn(bench, scene.people.supervisor);
    await page.keyboard.press('4');
    await page.getByRole('grid', { name: 'QC' }).waitFor();
    return { scene, bench, page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a person does with the keyboard. @param page asked for at each key: the window opens after the file is read */
export function keysOf(page: () => Page) {
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page().keyboard.press(key);
  };
  return {
    press,
    /** Types as a person does: no scanner is so slow. */
    type: (text: string): Promise<void> => page().keyboard.type(text, { delay: 55 }),
    dialog: () => page().getByRole('dialog'),
    /** Goes to a place of the screen by its name. */
    place: async (name: string): Promise<void> => {
      const radios = page().getByRole('radiogroup', { name: 'Filter' }).getByRole('radio');
      for (let at = 1; at <= (await radios.count()); at += 1) {
        await press(`Alt+${at}`);
        if (await radios.and(page().getByRole('radio', { name })).isChecked()) return;
      }
      throw new Error(`${name} is no place of the screen`);
    },
  };
}
