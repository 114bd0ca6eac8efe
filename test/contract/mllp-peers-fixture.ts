/** Test help: an HL7 line of a station on real sockets, and what others wrote as its peers. Used by tests only. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hl7Message } from '@medplum/core';
import { type Hl7Client, type Hl7MessageEvent, Hl7Server } from '@medplum/hl7';
import { Server as NodeHl7Server } from 'node-hl7-server';
import { expect, onTestFinished } from 'vitest';
import { hl7, hl7Profile } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { sessionFor } from '../../main/engine/instruments/link/open.ts';
import type { LineSessionOptions, ReceivedMessage } from '../../main/engine/instruments/link/ports.ts';
import { openStore } from '../../main/engine/store/open.ts';
import { realTimers } from '../../main/engine/timers.ts';
import type { StationInstrument } from '../../shared/station/schema.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';

export const text = (message: ReceivedMessage) => Buffer.from(message.text).toString('utf8');

/** A session of an HL7 line as a station has it. */
export async function line(
  place: StationInstrument['transport'],
  more: Partial<LineSessionOptions> = {},
  dialect: Record<string, unknown> = {},
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'levey-mllp-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = { now: () => new Date() };
  const store = await openStore({ dataDir, key: randomBytes(32), clock, stationCode: 'T1' });
  onTestFinished(() => store.close());
  const messages: ReceivedMessage[] = [];
  const session = sessionFor(hl7Profile(dialect), {
    instrumentId: 'T1.HL1',
    place,
    journal: store.journal,
    clock,
    timers: realTimers,
    onMessage: async (message) => {
      messages.push(message);
      return 'stored';
    },
    ...more,
  });
  session.start();
  onTestFinished(() => session.stop());
  return { session, messages, store };
}

/** The same, listening. */
export async function listening(
  more: Partial<LineSessionOptions> = {},
  dialect: Record<string, unknown> = {},
) {
  const port = await freePort();
  const made = await line({ kind: 'tcpServer', host: '127.0.0.1', port, peers: [] }, more, dialect);
  await until(() => expect(made.session.state().text).toContain('listening'));
  return { ...made, port };
}

/** The same, connecting. */
export const dialling = (port: number) => line({ kind: 'tcpClient', host: '127.0.0.1', port });

export type PeerMessage = Parameters<Hl7Client['send']>[0];

/** A message as @medplum/hl7 sends it; it brings an older copy of the class along. */
export const medplum = (from: string) => Hl7Message.parse(from) as unknown as PeerMessage;

export const msa = (message: PeerMessage) =>
  [1, 2].map((n) => message.getSegment('MSA')?.getField(n)?.toString());

/**
 * Stands between the two sides of a line. Of the first connection only so many bytes of the side that dials pass, then the line breaks; later ones
 * are left alone. Gives the port to dial.
 */
export async function breaking(to: number, after: number): Promise<number> {
  let breaks = true;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ port: to, host: '127.0.0.1' });
    let left = breaks ? after : Number.POSITIVE_INFINITY;
    breaks = false;
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    far.on('data', (bytes) => near.write(bytes));
    near.on('data', (bytes) => {
      if (left <= 0) return;
      far.write(bytes.subarray(0, left));
      left -= bytes.length;
      // What has been written arrives before the end.
      if (left <= 0) far.end(() => near.destroy());
    });
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  onTestFinished(() => {
    for (const one of open) one.destroy();
    server.close();
  });
  return port;
}

/** A message with a picture of so many characters in base64. */
export function withPicture(id: string, length: number, type = 'ORU^R01'): string {
  const bytes = Uint8Array.from({ length: (length * 3) / 4 }, (_, n) => n % 251);
  const obx = `OBX|1|ED|15050^Histogram||^Image^BMP^Base64^${Buffer.from(bytes).toString('base64')}||||||F`;
  return hl7({ id, type, body: ['PID|1||44101', 'OBR|1||A1|NA^Sodium', obx] });
}

/** A server of somebody else's: notes what it hears whole, and answers AA. */
export type Serve = (port: number, heard: string[]) => Promise<void>;

export const serveMedplum: Serve = async (port, heard) => {
  const server = new Hl7Server((connection) => {
    connection.addEventListener('message', ({ message }: Hl7MessageEvent) => {
      heard.push(message.toString());
      connection.send(message.buildAck());
    });
  });
  await server.start(port);
  onTestFinished(() => server.stop({ forceDrainTimeoutMs: 1 }));
};

export const serveNodeHl7: Serve = async (port, heard) => {
  const server = new NodeHl7Server({ bindAddress: '127.0.0.1' });
  const inbound = server.createInbound({ port }, (request, response) => {
    heard.push(request.getMessage().toString());
    void response.sendResponse('AA');
  });
  onTestFinished(async () => void (await inbound.close()));
};
