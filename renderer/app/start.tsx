import '@mantine/core/styles.css';
import '../styles/fonts.ts';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/ui.css';
import '../styles/grid.css';
import '../styles/shell.css';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { EngineClient } from '../data/client.ts';
import { setEngineClient } from '../data/hooks.ts';
import type { Transport } from '../data/transport.ts';
import { startI18n } from '../i18n/index.ts';
import { listenForKeys, pressKey } from './keys.ts';
import { deliverScan, listenForScans } from './scan.ts';

/** Least time between two signs of life to the engine, ms. */
const ALIVE_MS = 10_000;

/** Starts the window over a transport and draws `page`. Called once. */
export function start(transport: Transport, page: ReactNode): EngineClient {
  startI18n();
  const client = new EngineClient(transport);
  setEngineClient(client);
  listenForScans(
    window,
    (code) => deliverScan(code),
    (name, target) => pressKey(name, target),
  );
  listenForKeys(window);
  let last = 0;
  const alive = (): void => {
    const now = performance.now();
    if (now - last < ALIVE_MS) return;
    last = now;
    client.alive();
  };
  window.addEventListener('keydown', alive, { capture: true });
  window.addEventListener('pointerdown', alive, { capture: true });
  window.addEventListener('pointermove', alive, { capture: true, passive: true });
  window.addEventListener('beforeunload', () => client.close());
  const root = document.getElementById('root');
  if (root === null) throw new Error('The page has no element with the id root.');
  createRoot(root).render(page);
  return client;
}
