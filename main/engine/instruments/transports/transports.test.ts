import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import { virtualTimers } from '../link/session-fixture.ts';
import { ptyPair } from './pty-fixture.ts';
import { listSerialPorts, serial } from './serial.ts';
import { tcpClient } from './tcp-client.ts';
import { tcpServer } from './tcp-server.ts';
import { backoffMs, type Connection, type Transport, type TransportStatus } from './transport.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Starts a transport and records what it says. */
function watch(transport: Transport) {
  const seen = {
    statuses: [] as TransportStatus[],
    counts: [] as string[],
    received: [] as number[],
    closed: [] as string[],
    connections: [] as Connection[],
    get last() {
      return seen.statuses.at(-1);
    },
  };
  transport.start({
    opened: (connection) => seen.connections.push(connection),
    data: (_, bytes) => seen.received.push(...bytes),
    closed: (_, reason) => seen.closed.push(reason),
    status: (status) => seen.statuses.push(status),
    count: (what) => void seen.counts.push(what),
  });
  cleanups.push(() => transport.stop());
  return seen;
}

async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host });
  cleanups.push(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function listening(options: Partial<Parameters<typeof tcpServer>[0]> = {}) {
  const server = tcpServer({ host: '127.0.0.1', port: 0, timers: virtualTimers(), ...options });
  const seen = watch(server);
  await until(() => expect(server.address()).not.toBeNull());
  return { server, seen, port: server.address()?.port ?? 0 };
}

describe('tcp server', () => {
  it('carries bytes both ways and binds only the address it was given', async () => {
    const { server, seen, port } = await listening();
    expect(server.address()?.host).toBe('127.0.0.1');
    const socket = await dial(port);
    socket.write(Uint8Array.of(5, 255, 0));
    await until(() => expect(seen.received).toEqual([5, 255, 0]));
    seen.connections[0]?.write(Uint8Array.of(6));
    const [answer] = await once(socket, 'data');
    expect([...(answer as Buffer)]).toEqual([6]);
    await expect(dial(port, '127.0.0.2')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('refuses and counts a second connection, and takes the next one when the first is gone', async () => {
    const { seen, port } = await listening();
    const first = await dial(port);
    await until(() => expect(seen.connections).toHaveLength(1));
    const second = await dial(port);
    await once(second, 'close');
    expect(seen.counts).toContain('refusedSecond');
    expect(seen.connections).toHaveLength(1);
    first.destroy();
    await until(() => expect(seen.closed).toHaveLength(1));
    await dial(port);
    await until(() => expect(seen.connections).toHaveLength(2));
  });

  it('lets only listed peers connect; an empty list means this computer', async () => {
    const { seen, port } = await listening({ peers: ['192.0.2.7', '198.51.100.0/24'] });
    const stranger = await dial(port);
    await once(stranger, 'close');
    expect(seen.counts).toContain('refusedPeers');
    expect(seen.connections).toEqual([]);
    const inside = await listening({ peers: ['127.0.0.0/30'] });
    await dial(inside.port);
    await until(() => expect(inside.seen.connections).toHaveLength(1));
    const bad = watch(
      tcpServer({ host: '127.0.0.1', port: 0, peers: ['analyser'], timers: virtualTimers() }),
    );
    expect(bad.last?.problem?.code).toBe('instrument.badPeer');
  });

  it('tells of a stranger, and of a second one, once while they keep trying, and for two minutes after', async () => {
    const timers = virtualTimers();
    const { seen, port } = await listening({ peers: ['127.0.0.1'], timers });
    const knock = async (host: string) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: host });
      cleanups.push(() => void socket.destroy());
      socket.on('error', () => undefined);
      await once(socket, 'close');
    };
    await knock('127.0.0.9');
    expect(seen.last).toMatchObject({ state: 'waiting', problem: { code: 'instrument.peerRefused' } });
    expect(seen.last?.problem?.message).toMatch(/^127\.0\.0\.9 .*Only 127\.0\.0\.1 may/);
    const told = seen.statuses.length;
    for (let i = 0; i < 5; i += 1) await knock('127.0.0.9');
    expect(seen.counts.filter((what) => what === 'refusedPeers')).toHaveLength(6);
    expect(seen.statuses).toHaveLength(told);
    const first = await dial(port);
    await until(() => expect(seen.last).toMatchObject({ state: 'open', problem: expect.anything() }));
    const second = await dial(port);
    await once(second, 'close');
    expect(seen.last).toMatchObject({ state: 'open', problem: { code: 'instrument.secondPeer' } });
    expect(seen.last?.problem?.message).toContain(`taken by 127.0.0.1:${first.localPort}`);
    timers.advance(119_000);
    expect(seen.last?.problem).toBeDefined();
    timers.advance(1_000);
    expect(seen.last).toEqual({ state: 'open', text: expect.stringContaining('connected with') });
    expect(timers.pending()).toEqual([]);
  });

  it('says that the port is in use and, where the system tells, by whom', async () => {
    const other = spawn(process.execPath, [
      '-e',
      "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
    ]);
    cleanups.push(() => void other.kill());
    const [line] = await once(other.stdout, 'data');
    const timers = virtualTimers();
    const seen = watch(tcpServer({ host: '127.0.0.1', port: Number(String(line)), timers }));
    await until(() => expect(seen.last?.problem?.code).toBe('instrument.portInUse'));
    if (process.platform === 'linux')
      await until(() => expect(seen.last?.problem?.message).toContain(`(process ${other.pid})`));
    expect(timers.pending()).toEqual([1000]);
  });

  it('says that the port is in use, and opens it when it is free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const timers = virtualTimers();
    const server = tcpServer({ host: '127.0.0.1', port, timers });
    const seen = watch(server);
    await until(() => expect(seen.last?.problem?.code).toBe('instrument.portInUse'));
    expect(seen.last?.problem?.details).toEqual({ host: '127.0.0.1', port });
    timers.advance(1000);
    await until(() => expect(seen.counts.filter((what) => what === 'failedOpens')).toHaveLength(2));
    expect(timers.pending()).toEqual([2000]);
    other.close();
    await once(other, 'close');
    timers.advance(2000);
    await until(() => expect(seen.last).toMatchObject({ state: 'waiting' }));
    await dial(port);
    await until(() => expect(seen.connections).toHaveLength(1));
  });

  it('says that the address is not on this computer', async () => {
    const seen = watch(tcpServer({ host: '192.0.2.1', port: 0, timers: virtualTimers() }));
    await until(() => expect(seen.last?.problem?.code).toBe('instrument.noAddress'));
  });

  it('cuts off a peer that does not read', async () => {
    const { seen, port } = await listening();
    const socket = await dial(port);
    socket.pause();
    await until(() => expect(seen.connections).toHaveLength(1));
    for (let i = 0; i < 400 && seen.closed.length === 0; i += 1) {
      seen.connections[0]?.write(new Uint8Array(64 * 1024));
    }
    await until(() => expect(seen.closed).toEqual(['the peer does not read']));
    expect(seen.counts).toContain('overflows');
  });

  it('stop frees the port and ends the connection', async () => {
    const { server, seen, port } = await listening();
    const socket = await dial(port);
    await until(() => expect(seen.connections).toHaveLength(1));
    const ended = once(socket, 'close');
    await server.stop();
    await ended;
    expect(seen.closed).toHaveLength(1);
    await expect(dial(port)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('tcp client', () => {
  it('connects again with back-off after a loss', async () => {
    const host = createServer((socket) => {
      cleanups.push(() => void socket.destroy());
      socket.on('data', (bytes) => (bytes[0] === 4 ? socket.destroy() : socket.write(bytes)));
    }).listen(0, '127.0.0.1');
    cleanups.push(() => void host.close());
    await once(host, 'listening');
    const address = host.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const timers = virtualTimers();
    const seen = watch(tcpClient({ host: '127.0.0.1', port, timers }));
    await until(() => expect(seen.connections).toHaveLength(1));
    seen.connections[0]?.write(Uint8Array.of(5));
    await until(() => expect(seen.received).toEqual([5]));
    seen.connections[0]?.write(Uint8Array.of(4));
    await until(() => expect(seen.closed).toHaveLength(1));
    timers.advance(1000);
    await until(() => expect(seen.connections).toHaveLength(2));
  });

  it('says that the analyser cannot be reached, and keeps trying', async () => {
    const timers = virtualTimers();
    const seen = watch(tcpClient({ host: '127.0.0.1', port: 1, timers }));
    await until(() => expect(seen.last?.problem?.code).toBe('instrument.unreachable'));
    expect(seen.last?.problem?.message).toBe(
      'The analyser at 127.0.0.1:1 cannot be reached: nothing answers there.',
    );
    timers.advance(1000);
    await until(() => expect(seen.counts.filter((what) => what === 'failedOpens')).toHaveLength(2));
    expect(timers.pending()).toEqual([2000]);
    expect([0, 1, 2, 5, 99].map(backoffMs)).toEqual([1000, 2000, 4000, 30_000, 30_000]);
  });
});

describe('serial', () => {
  it('L19 carries bytes over a pair of pseudo-terminals, and opens the port again when it comes back', async () => {
    const pair = await ptyPair();
    cleanups.push(() => pair.close());
    const timers = virtualTimers();
    const left = watch(serial({ path: pair.a, timers }));
    const right = watch(serial({ path: pair.b, baudRate: 19200, timers }));
    await until(() => expect([left.connections.length, right.connections.length]).toEqual([1, 1]));
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    left.connections[0]?.write(all);
    await until(() => expect(right.received).toEqual([...all]));
    right.connections[0]?.write(Uint8Array.of(6));
    await until(() => expect(left.received).toEqual([6]));
    await pair.unplug();
    await until(() => {
      timers.advance(500);
      expect([left.closed.length, right.closed.length]).toEqual([1, 1]);
      expect(left.last?.problem?.code).toBe('instrument.noDevice');
    });
    await pair.plug();
    await until(() => {
      timers.advance(500);
      expect([left.connections.length, right.connections.length]).toEqual([2, 2]);
    });
  });

  it.each([
    [
      { baudRate: 4800, stopBits: 2, flowControl: 'hardware' } as const,
      ['speed 4800 baud', ' cstopb', ' crtscts', ' -ixon', ' -ixoff'],
    ],
    [
      { baudRate: 19200, flowControl: 'software' } as const,
      ['speed 19200 baud', ' -cstopb', ' -crtscts', ' ixon', ' ixoff'],
    ],
    [{} as const, ['speed 9600 baud', ' -cstopb', ' -crtscts', ' -ixon', ' -ixoff', ' cs8', ' -parenb']],
  ])('L19 the settings of the station file reach the device: %j', async (settings, said) => {
    const pair = await ptyPair();
    cleanups.push(() => pair.close());
    const seen = watch(serial({ path: pair.a, timers: virtualTimers(), ...settings }));
    await until(() => expect(seen.connections).toHaveLength(1));
    const { stdout } = spawnSync('stty', ['-a', process.platform === 'linux' ? '-F' : '-f', pair.a], {
      encoding: 'utf8',
    });
    const there = ` ${stdout.replace(/[;\n]/g, ' ').trim()}`;
    expect(said.filter((one) => !`${there} `.includes(`${one} `))).toEqual([]);
  });

  it('says that there is no such device', async () => {
    const seen = watch(serial({ path: '/dev/levey-none', timers: virtualTimers() }));
    await until(() => expect(seen.last?.problem?.code).toBe('instrument.noDevice'));
    expect(seen.last?.problem?.message).toContain('/dev/levey-none');
  });

  it('says that another program has the port', async () => {
    const pair = await ptyPair();
    cleanups.push(() => pair.close());
    const first = watch(serial({ path: pair.a, timers: virtualTimers() }));
    await until(() => expect(first.connections).toHaveLength(1));
    const second = watch(serial({ path: pair.a, timers: virtualTimers() }));
    await until(() => expect(second.last?.problem?.code).toBe('instrument.deviceBusy'));
    if (process.platform === 'linux')
      await until(() => expect(second.last?.problem?.message).toContain('another line of this station'));
  });

  it('lists ports, or nothing where the system cannot tell', async () => {
    expect(Array.isArray(await listSerialPorts())).toBe(true);
  });
});
