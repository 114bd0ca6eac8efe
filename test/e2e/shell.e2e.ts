/** The window's walls: attacked in the real Electron. */

import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { fakeBenches } from './fakes.ts';

const open = fakeBenches();
let outside: Server;
let visits: string[] = [];
let outsideUrl = '';

beforeAll(async () => {
  outside = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end('<h1>outside</h1>');
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
});

afterEach(() => {
  visits = [];
});

afterAll(() => {
  outside.close();
});

test('the window opens with the sandbox on, without node, and under a title that says nothing', async () => {
  const { page, app, launcher, errors } = await open();
  expect(launcher.sandbox).toBe(true);
  // Linux: a sandboxed renderer runs under seccomp filters (mode 2) and cannot gain privileges.
  const pids = await app.evaluate(({ app: electron }) =>
    electron
      .getAppMetrics()
      .filter((process) => process.type === 'Tab')
      .map((process) => process.pid),
  );
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
  }
  const inside = await page.evaluate(() => ({
    require: typeof Reflect.get(globalThis, 'require'),
    process: typeof Reflect.get(globalThis, 'process'),
    module: typeof Reflect.get(globalThis, 'module'),
    buffer: typeof Reflect.get(globalThis, 'Buffer'),
    bridge: Object.keys(window.levey).sort(),
    shell: Object.keys(window.levey.shell).sort(),
    origin: location.origin,
  }));
  expect(inside).toEqual({
    require: 'undefined',
    process: 'undefined',
    module: 'undefined',
    buffer: 'undefined',
    bridge: ['connect', 'shell'],
    shell: [
      'chooseFile',
      'copyText',
      'givePassphrase',
      'onState',
      'openPdfPreview',
      'printers',
      'restartEngine',
      'saveCsv',
      'savePdf',
      'setLanguage',
      'setTheme',
    ],
    origin: 'levey://app',
  });
  const title = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((one) => one.getTitle()),
  );
  expect(title).toEqual(['Levey']);
  expect(errors).toEqual([]);
});

test('hostile navigation, popups, frames, forms and redirects go nowhere', async () => {
  const { page, app } = await open();
  const attacks: ((url: string) => unknown)[] = [
    (url) => {
      location.href = url;
    },
    (url) => {
      location.assign('file:///etc/passwd');
      location.replace(url);
    },
    (url) => window.open(url) === null,
    (url) => {
      const link = document.createElement('a');
      link.href = url;
      link.target = '_blank';
      document.body.append(link);
      link.click();
    },
    (url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    },
    (url) => {
      const form = document.createElement('form');
      form.action = url;
      form.method = 'post';
      document.body.append(form);
      form.submit();
    },
    (url) => {
      const meta = document.createElement('meta');
      meta.httpEquiv = 'refresh';
      meta.content = `0;url=${url}`;
      document.head.append(meta);
    },
  ];
  for (const attack of attacks) await page.evaluate(attack, `${outsideUrl}/attack`);
  // A round trip through the page and one through the shell: whatever the attacks set off has been decided by then.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))));
  await page.evaluate(() => window.levey.shell.printers());
  expect(page.url()).toBe('levey://app/index.html');
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  expect(page.frames().every((frame) => frame.url() === '' || !frame.url().startsWith('http'))).toBe(true);
  expect(visits).toEqual([]);
});

test('the page has no network: fetch, XHR, sockets, beacons, images, scripts and workers fail', async () => {
  const { page } = await open();
  const outcome = await page.evaluate(async (url) => {
    const attempt = (run: () => Promise<unknown>): Promise<string> =>
      run().then(
        () => 'went through',
        () => 'blocked',
      );
    const element = (tag: 'img' | 'script' | 'link', address: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const made = document.createElement(tag);
        made.onload = resolve;
        made.onerror = reject;
        if (made instanceof HTMLLinkElement) {
          made.rel = 'stylesheet';
          made.href = address;
        } else made.src = address;
        document.head.append(made);
      });
    return {
      fetch: await attempt(() => fetch(url)),
      own: await attempt(() => fetch('levey://app/page.js')),
      xhr: await attempt(
        () =>
          new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.onload = resolve;
            request.onerror = reject;
            request.open('GET', url);
            request.send();
          }),
      ),
      socket: await attempt(
        () =>
          new Promise((resolve, reject) => {
            const socket = new WebSocket(url.replace('http', 'ws'));
            socket.onopen = resolve;
            socket.onerror = reject;
          }),
      ),
      image: await attempt(() => element('img', `${url}/image.png`)),
      script: await attempt(() => element('script', `${url}/script.js`)),
      style: await attempt(() => element('link', `${url}/style.css`)),
      worker: await attempt(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
            worker.onmessage = resolve;
            worker.onerror = reject;
          }),
      ),
      inline: await attempt(async () => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.head.append(script);
        if (Reflect.get(window, 'injected') !== true) throw new Error('not run');
      }),
      eval: await attempt(async () => new Function('return 1')()),
      beacon: navigator.sendBeacon(url, 'x') && 'accepted, then dropped',
    };
  }, outsideUrl);
  const { beacon, ...rest } = outcome;
  expect(Object.entries(rest).filter(([, how]) => how !== 'blocked')).toEqual([]);
  expect(beacon === false || beacon === 'accepted, then dropped').toBe(true);
  await page.evaluate(() => window.levey.shell.printers());
  expect(visits).toEqual([]);
});

test('WebRTC sends nothing past the window', async () => {
  const { page } = await open();
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (_message, from) => heard.push(from.address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  const candidates = await page.evaluate(async (stun) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${stun}` }] });
    peer.createDataChannel('x');
    const found: string[] = [];
    const gathered = new Promise<void>((resolve) => {
      peer.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve();
        else if (candidate.candidate !== '') found.push(candidate.candidate);
      };
    });
    await peer.setLocalDescription(await peer.createOffer());
    await gathered;
    peer.close();
    return found;
  }, port);
  socket.close();
  expect(heard).toEqual([]);
  expect(candidates.filter((candidate) => / udp /i.test(candidate))).toEqual([]);
});

test('behind the policy stands a second wall: the session and the resolver refuse addresses, even of this machine', async () => {
  const { app } = await open();
  const outcome = await app.evaluate(async ({ session, net }, url) => {
    const tries = [session.fromPartition('levey', { cache: false }), session.defaultSession].map((one) =>
      one.fetch(url).then(
        () => 'went through',
        (error: Error) => error.message,
      ),
    );
    tries.push(
      net.fetch(url).then(
        () => 'went through',
        (error: Error) => error.message,
      ),
    );
    return Promise.all(tries);
  }, outsideUrl);
  expect(outcome.every((how) => /ERR_BLOCKED_BY_CLIENT|ERR_NAME_NOT_RESOLVED/.test(how))).toBe(true);
  expect(visits).toEqual([]);
});

test('every permission is refused', async () => {
  const { page } = await open();
  const outcome = await page.evaluate(async () => {
    const refused = (run: () => Promise<unknown>): Promise<boolean> =>
      run().then(
        () => false,
        () => true,
      );
    return {
      camera: await refused(() => navigator.mediaDevices.getUserMedia({ video: true })),
      screen: await refused(() => navigator.mediaDevices.getDisplayMedia()),
      place: await refused(
        () => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
      ),
      notify: (await Notification.requestPermission()) === 'denied',
      clipboard: await refused(() => navigator.clipboard.readText()),
    };
  });
  expect(outcome).toEqual({ camera: true, screen: true, place: true, notify: true, clipboard: true });
});

test('a window of a foreign origin, or one the shell does not know, gets no answer from the shell', async () => {
  const { app } = await open();
  const answers = await app.evaluate(
    async ({ BrowserWindow, session }, preload) => {
      const [known] = BrowserWindow.getAllWindows();
      const results: string[] = [];
      for (const url of ['data:text/html,<h1>foreign</h1>', 'levey://app/index.html']) {
        const window = new BrowserWindow({
          show: false,
          webPreferences: { preload, sandbox: true, session: session.fromPartition('levey') },
        });
        await window.loadURL(url);
        const ask = "window.levey.shell.printers().then(() => 'answered', (error) => error.message)";
        results.push((await window.webContents.executeJavaScript(ask)) as string);
        window.destroy();
      }
      results.push(String(known?.isDestroyed()));
      return results;
    },
    join(projectRoot, 'out', 'preload', 'index.cjs'),
  );
  expect(answers[0]).toMatch(/refused: unknown sender/);
  expect(answers[1]).toMatch(/refused: unknown sender/);
  expect(answers[2]).toBe('false');
});
