import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { acksIn, block, blocksIn, hl7 } from '../../main/engine/instruments/link/mllp-fixture.ts';

/** An HL7 analyser on a real socket: sends blocks and collects what it is answered. Used by tests only. */
export async function mllpDevice(port: number, cleanUps: (() => unknown)[]) {
  const socket: Socket = connect({ host: '127.0.0.1', port });
  const parts: Uint8Array[] = [];
  socket.on('data', (part: Buffer) => parts.push(new Uint8Array(part)));
  socket.on('error', () => undefined);
  cleanUps.push(() => socket.destroy());
  await once(socket, 'connect');
  return {
    socket,
    /** MSA-1 and MSA-2 of the answers so far. */
    acks: () => acksIn(parts),
    answers: () => blocksIn(parts),
    send: (...texts: string[]) => void socket.write(Buffer.concat(texts.map((text) => block(text)))),
  };
}

/** One sodium of a specimen, as an analyser sends it. */
export function sodiumOf(
  tube: string,
  id: string,
  value = '140',
  more: Parameters<typeof hl7>[0] = {},
): string {
  return hl7({
    id,
    body: [
      'PID|1||44101',
      `OBR|1||${tube}|NA^Sodium`,
      `OBX|1|NM|NA^Sodium||${value}|mmol/L|||||F|||20260729064205`,
    ],
    ...more,
  });
}
