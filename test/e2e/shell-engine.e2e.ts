/** The engine behind the window: started, refused, killed, hung and locked under the real shell; and the shell's own pages. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../build/run.ts';
import { fakeBenches, fixtures } from './fakes.ts';
import type { Bench } from './harness.ts';

const open = fakeBenches();

interface Who {
  pid: number;
  node: string;
  electron: string | null;
  keyLength: number;
  keyIsNowhereElse: boolean;
  argv: string[];
  env: string[];
  clients: string[];
}

async function phase(of: Bench, wanted: string): Promise<void> {
  await of.page.locator('#phase', { hasText: new RegExp(`^${wanted}$`) }).waitFor({ timeout: 30_000 });
}

test('the engine is plain Node 24, and has the key from its channel and nowhere else', async () => {
  const one = await open();
  await phase(one, 'running');
  const who = (await one.page.evaluate(() => window.ask('who'))) as Who;
  expect(who.node).toMatch(/^24\./);
  expect(who).toMatchObject({
    electron: null,
    argv: [],
    keyLength: 32,
    keyIsNowhereElse: true,
    clients: ['w1'],
  });
});

test('an engine killed with SIGKILL is started again, the window says so, and goes on talking to it', async () => {
  const one = await open();
  await phase(one, 'running');
  const first = (await one.page.evaluate(() => window.ask('who'))) as Who;
  const killed = await one.killEngine();
  expect(killed).toBe(first.pid);
  await one.page.locator('#why', { hasText: 'engine.crashed' }).waitFor();
  await phase(one, 'running');
  const phases = await one.page.locator('#phases li').allTextContents();
  expect(phases.slice(phases.indexOf('restarting'))).toEqual(['restarting', 'starting', 'running']);
  const second = (await one.page.evaluate(() => window.ask('who'))) as Who;
  expect(second.pid).not.toBe(first.pid);
  expect(second.clients).toEqual(['w1']);
  expect(
    await one.page.evaluate(() => window.ask({ text: 'Żółć 患者 🩸', bytes: new Uint8Array([0, 255]) })),
  ).toEqual({
    echo: { text: 'Żółć 患者 🩸', bytes: new Uint8Array([0, 255]) },
  });
});

test('an engine that refuses to run is not restarted; the window gets its reason', async () => {
  const one = await open({ station: { code: 'B1', name: 'Bench 1', refuse: 'store.wrong-key' } });
  await phase(one, 'stopped');
  expect(await one.page.locator('#why').textContent()).toBe(
    'store.wrong-key: The engine was told to refuse.',
  );
  expect(await one.page.locator('#phases li').allTextContents()).not.toContain('restarting');
});

test('an engine that hangs is reported after 15 s, and a person can restart it', async () => {
  const one = await open();
  await phase(one, 'running');
  const pid = await one.enginePid();
  process.kill(pid, 'SIGSTOP');
  const silent = await one.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        window.levey.shell.onState(({ engine }) => {
          if (engine.phase === 'running' && engine.silentForSeconds !== null)
            resolve(engine.silentForSeconds);
        });
      }),
  );
  expect(silent).toBeGreaterThanOrEqual(15);
  await one.page.evaluate(() => window.levey.shell.restartEngine());
  await phase(one, 'running');
  expect(await one.enginePid()).not.toBe(pid);
});

test('without a keychain a passphrase makes the key, and only it opens the station again', async () => {
  let one = await open({ keyFile: false });
  await phase(one, 'locked');
  await one.page.evaluate(() => window.levey.shell.givePassphrase('short'));
  await one.page.locator('#why', { hasText: 'key.passphrase-short' }).waitFor();
  await one.page.evaluate(() => window.levey.shell.givePassphrase('correct horse battery'));
  await phase(one, 'running');
  await one.close({ keepData: true });

  one = await open({ dataDir: one.dataDir, keyFile: false });
  await phase(one, 'locked');
  await one.page.evaluate(() => window.levey.shell.givePassphrase('incorrect horse battery'));
  await one.page.locator('#why', { hasText: 'key.passphrase:' }).waitFor();
  await one.page.evaluate(() => window.levey.shell.givePassphrase('correct horse battery'));
  await phase(one, 'running');
});

test('a second start with the same data directory ends at once', async () => {
  const one = await open();
  await phase(one, 'running');
  const second = await run(one.launcher.program, [...one.launcher.args, `--data=${one.dataDir}`], {
    env: one.launcher.env,
    cwd: '/',
    timeoutMs: 30_000,
  });
  expect(second.code).toBe(0);
  expect(second.output).toMatch(/already open/);
});

test('without its own files the window still tells what the engine is doing', async () => {
  const one = await open({
    renderer: join(fixtures, 'no-such-folder'),
    station: { refuse: 'store.damaged' },
  });
  await one.page.getByText("The window's own files are missing").waitFor();
  await one.page.getByText('The engine was told to refuse.').waitFor();
  await one.screenshots('fallback');
  expect(one.errors).toEqual([]);
});

test('a PDF is shown in a window of its own that knows nothing of the shell', async () => {
  const one = await open();
  const pdf = Buffer.from(MINIMAL_PDF, 'latin1').toString('base64');
  const opened = one.app.waitForEvent('window');
  await one.page.evaluate(
    (text) =>
      window.levey.shell.openPdfPreview(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))),
    pdf,
  );
  const preview = await opened;
  expect(preview.url()).toMatch(/^levey:\/\/document\/[0-9a-f]{32}\.pdf$/);
  expect(await preview.evaluate(() => typeof Reflect.get(window, 'levey'))).toBe('undefined');
});

const MINIMAL_PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F 24 Tf 40 100 Td (A preview) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
`;
