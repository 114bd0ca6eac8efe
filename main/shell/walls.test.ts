import { describe, expect, test, vi } from 'vitest';

// Outside Electron its module is only a path: these are the parts that the files under test load at import.
vi.mock('electron', () => ({ app: {}, ipcMain: {}, protocol: {}, dialog: {} }));

const { contentSecurityPolicy, fileFor } = await import('./scheme.ts');
const { isTrusted } = await import('./ipc.ts');
const { isOurs } = await import('./lockdown.ts');
const { safeName } = await import('./desk.ts');
const { parseShellOptions } = await import('./options.ts');

describe('files of the window', () => {
  test.each([
    ['levey://app/', '/root/index.html'],
    ['levey://app/index.html', '/root/index.html'],
    ['levey://app/assets/a%20b.js?v=1#x', '/root/assets/a b.js'],
    ['levey://app/../../etc/passwd', '/root/etc/passwd'],
  ])('%s is %s', (url, file) => {
    expect(fileFor('/root', url)).toBe(file);
  });

  test.each([
    'levey://app/%2e%2e%2fetc/passwd',
    'levey://app/a/..%2f..%2f..%2fetc/passwd',
    'levey://app/..%5c..%5cwindows',
    'levey://app/%00',
    'levey://app/%',
    'levey://app/..%2froot-beside/x',
  ])('%s is refused', (url) => {
    expect(fileFor('/root', url)).toBeNull();
  });

  test('the policy begins with nothing and opens no network', () => {
    const policy = contentSecurityPolicy('abc');
    expect(policy.startsWith("default-src 'none'; ")).toBe(true);
    expect(policy).not.toMatch(/connect-src|frame-src|worker-src|unsafe-eval|https?:|\*/);
    expect(policy).toMatch(/script-src 'self';/);
  });
});

describe('senders of ipc', () => {
  const frame = { url: 'levey://app/index.html', parent: null };
  const known = new Set([7]);

  test('a known window, its main frame, our origin', () => {
    expect(isTrusted({ sender: { id: 7 }, senderFrame: frame }, known)).toBe(true);
  });

  test.each([
    ['another window', { sender: { id: 8 }, senderFrame: frame }],
    ['no frame', { sender: { id: 7 }, senderFrame: null }],
    ['a frame within', { sender: { id: 7 }, senderFrame: { ...frame, parent: {} } }],
    ['no address', { sender: { id: 7 }, senderFrame: { ...frame, url: '' } }],
    ['a foreign origin', { sender: { id: 7 }, senderFrame: { ...frame, url: 'https://app/index.html' } }],
    [
      'an origin that only begins like ours',
      { sender: { id: 7 }, senderFrame: { ...frame, url: 'levey://app.evil/x' } },
    ],
    ['a preview', { sender: { id: 7 }, senderFrame: { ...frame, url: 'levey://document/x.pdf' } }],
  ])('refuses %s', (_name, event) => {
    expect(isTrusted(event, known)).toBe(false);
  });

  test('refuses a frame whose address is missing altogether', () => {
    const frameWithoutUrl = JSON.parse('{"parent":null}') as { url: string; parent: unknown };
    expect(isTrusted({ sender: { id: 7 }, senderFrame: frameWithoutUrl }, known)).toBe(false);
  });
});

test.each([
  ['levey://app/x.js', true],
  ['levey://document/0.pdf', true],
  ['data:image/png;base64,AA', true],
  ['blob:levey://app/1', true],
  ['https://example.org/', false],
  ['http://127.0.0.1:80/', false],
  ['file:///etc/passwd', false],
  ['levey://app.evil/', false],
  ['blob:https://example.org/1', false],
  ['chrome-extension://abcdefghijklmnopabcdefghijklmnop/x', false],
])('a request for %s may pass: %s', (url, passes) => {
  expect(isOurs(url)).toBe(passes);
});

test.each([
  ['report 26-0001.pdf', 'report 26-0001.pdf'],
  ['../../etc/passwd', 'passwd.pdf'],
  ['a/b\\c:d*?.PDF', 'b_c_d__.pdf'],
  ['.hidden', 'hidden.pdf'],
  ['', 'document.pdf'],
  ['患者', '患者.pdf'],
])('the suggested name %j becomes %j', (suggested, name) => {
  expect(safeName(suggested)).toBe(name);
});

test('development options are not honoured by a packaged app', () => {
  const args = [
    '.',
    '--data=/d',
    '--engine=/e.ts',
    '--renderer',
    '/r',
    '--demo',
    '--some-switch=of-chromium',
  ];
  expect(parseShellOptions(args, false)).toMatchObject({
    dataDir: '/d',
    engine: '/e.ts',
    renderer: '/r',
    demo: true,
  });
  expect(parseShellOptions(args, true)).toMatchObject({
    dataDir: '/d',
    engine: null,
    renderer: null,
    keyFile: null,
  });
});
