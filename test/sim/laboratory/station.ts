import type { z } from 'zod';
import type { Station } from '../../../shared/station/schema.ts';

export const LABORATORY = {
  name: 'St Brigid’s Hospital Laboratory',
  address: '14 Curragh Road, Kildare, R51 X2P4, Ireland',
} as const;

/** The analysers of the bench, with the profile each speaks and the section of the catalogue it measures. */
export const analysers = [
  { id: 'CHEM1', profile: 'demo-chemistry', section: 'chemistry' },
  { id: 'HEM1', profile: 'demo-haematology', section: 'haematology' },
  { id: 'COAG1', profile: 'demo-coagulation', section: 'coagulation' },
] as const;

export type AnalyserId = (typeof analysers)[number]['id'];

/** What the station file has to point to: numbers of ports on 127.0.0.1, or a path for an analyser on a serial line. */
export interface StationPorts {
  /** A port number: the station listens there for the analyser; a path: a serial device. */
  analysers: Record<AnalyserId, number | string>;
  /** Raw label printer; none when left out. */
  printer?: number;
  /** Central FHIR server; none when left out. */
  server?: number;
  /** Local FHIR API; off when left out. 0 takes a free port. */
  api?: { port: number; tokenFile: string };
  /** Station code. Default `B2`. */
  code?: string;
}

/** The demo station's file as an object, to be written as JSON. Passes `parseStation`. */
export function stationFile(ports: StationPorts): z.input<typeof Station> {
  return {
    code: ports.code ?? 'B2',
    name: 'Bench 2',
    laboratory: { ...LABORATORY },
    timeZone: 'Europe/Dublin',
    idleMinutes: 10,
    separationOfDuties: true,
    instruments: analysers.map(({ id, profile }) => {
      const at = ports.analysers[id];
      return {
        id,
        profile,
        transport:
          typeof at === 'number'
            ? { kind: 'tcpServer' as const, host: '127.0.0.1', port: at }
            : { kind: 'serial' as const, path: at },
      };
    }),
    printers:
      ports.printer === undefined
        ? []
        : [{ id: 'LABEL1', kind: 'zplTcp' as const, host: '127.0.0.1', port: ports.printer }],
    ...(ports.server === undefined
      ? {}
      : { server: { url: `http://127.0.0.1:${ports.server}`, pullSeconds: 5 } }),
    ...(ports.api === undefined ? {} : { api: { enabled: true, ...ports.api } }),
  };
}
