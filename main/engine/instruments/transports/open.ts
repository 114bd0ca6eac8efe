import type { Protocol } from '../../../../shared/profiles/profile.ts';
import type { StationInstrument } from '../../../../shared/station/schema.ts';
import type { Timers } from '../../timers.ts';
import { serial } from './serial.ts';
import { tcpClient } from './tcp-client.ts';
import { tcpServer } from './tcp-server.ts';
import type { Transport } from './transport.ts';

/** A line's transport; a folder is no byte stream and is read by its own session. */
export type StreamTransport = Exclude<StationInstrument['transport'], { kind: 'folder' }>;

/** The transport a station file asks for. */
export function openTransport(config: StreamTransport, timers: Timers): Transport {
  switch (config.kind) {
    case 'tcpServer':
      return tcpServer({ host: config.host, port: config.port, peers: config.peers, timers });
    case 'tcpClient':
      return tcpClient({ host: config.host, port: config.port, timers });
    case 'serial':
      return serial({ ...config, timers });
  }
}

const parityLetter = { none: 'N', even: 'E', odd: 'O' } as const;

const protocolNames = { astm: 'LIS2-A2', hl7: 'HL7 v2', stream: 'own protocol', file: 'files' } as const;

/** A transport as the bench reads it: `${name} · TCP server 127.0.0.1:5001`. */
export function transportText(protocol: Protocol, config: StationInstrument['transport']): string {
  const name = protocolNames[protocol];
  switch (config.kind) {
    case 'tcpServer':
      return `${name} · TCP server ${config.host}:${config.port}`;
    case 'tcpClient':
      return `${name} · TCP client ${config.host}:${config.port}`;
    case 'serial':
      return `${name} · serial ${config.path.replace(/^.*\//, '')} ${config.baudRate} ${config.dataBits}${parityLetter[config.parity]}${config.stopBits}`;
    case 'folder':
      return `${name} · folder ${config.path}`;
  }
}
