import type { StationInstrument } from '../../../../shared/station/schema.ts';
import type { Timers } from '../../timers.ts';
import { serial } from './serial.ts';
import { tcpClient } from './tcp-client.ts';
import { tcpServer } from './tcp-server.ts';
import type { Transport } from './transport.ts';

/** The transport a station file asks for. */
export function openTransport(config: StationInstrument['transport'], timers: Timers): Transport {
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

/** A transport as the bench reads it: `LIS2-A2 · TCP server 127.0.0.1:5001`. */
export function transportText(config: StationInstrument['transport']): string {
  switch (config.kind) {
    case 'tcpServer':
      return `LIS2-A2 · TCP server ${config.host}:${config.port}`;
    case 'tcpClient':
      return `LIS2-A2 · TCP client ${config.host}:${config.port}`;
    case 'serial':
      return `LIS2-A2 · serial ${config.path.replace(/^.*\//, '')} ${config.baudRate} ${config.dataBits}${parityLetter[config.parity]}${config.stopBits}`;
  }
}
