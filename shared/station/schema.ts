import { z } from 'zod';
import { LeveyError } from '../errors.ts';

const Host = z.string().min(1).max(253);
const Port = z.number().int().min(0).max(65535);

/** Listens for one analyser. Binds only the address given; `peers` lists the addresses that may connect (empty: loopback only). */
export const TcpServerTransport = z.strictObject({
  kind: z.literal('tcpServer'),
  host: Host.default('127.0.0.1'),
  port: Port,
  peers: z.array(z.string()).default([]),
});

/** Connects to an analyser, again and again with back-off. */
export const TcpClientTransport = z.strictObject({ kind: z.literal('tcpClient'), host: Host, port: Port });

/** A serial port. Line settings are per device (L19); 9600 8N1 is usual. */
export const SerialTransport = z.strictObject({
  kind: z.literal('serial'),
  path: z.string().min(1),
  baudRate: z.number().int().positive().default(9600),
  dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
  flowControl: z.enum(['none', 'hardware', 'software']).default('none'),
});

/** A folder an analyser leaves result files in. What was read goes into `archive`, what could not be read into `errors`; both inside `path` unless absolute. */
export const FolderTransport = z.strictObject({
  kind: z.literal('folder'),
  path: z.string().min(1),
  archive: z.string().min(1).default('archive'),
  errors: z.string().min(1).default('errors'),
});

export const StationInstrument = z.strictObject({
  /** Short name on the bench, e.g. `CHEM1`; upper-case letters and digits. */
  id: z
    .string()
    .regex(/^[A-Z][A-Z0-9]{1,11}$/, 'two to twelve upper-case letters and digits, starting with a letter'),
  profile: z.string().min(1),
  transport: z.discriminatedUnion('kind', [
    TcpServerTransport,
    TcpClientTransport,
    SerialTransport,
    FolderTransport,
  ]),
  /** Switched on at start. */
  on: z.boolean().default(true),
  /**
   * Serial number of the analyser. Two stations of one laboratory that name the same one work with the same analyser: its controls, lots and
   * releases in spite of a control count at both.
   */
  serialNumber: z.string().min(1).max(64).optional(),
  /**
   * How it gets its work: `query`, it asks; `download`, it is told when a specimen is received or its tests change; `both`; `none`. Left out: a
   * device that asks is answered, one that cannot ask but takes work is told. More than the profile can is not done.
   */
  orders: z.enum(['query', 'download', 'both', 'none']).optional(),
  /** Additions to the profile's test map for this instrument: instrument code to catalogue code. */
  tests: z.record(z.string(), z.string()).default({}),
});
export type StationInstrument = z.infer<typeof StationInstrument>;

export const StationPrinter = z.strictObject({
  id: z.string().min(1).max(24),
  kind: z.literal('zplTcp'),
  host: Host,
  port: Port.default(9100),
  dpi: z.union([z.literal(203), z.literal(300)]).default(203),
});
export type StationPrinter = z.infer<typeof StationPrinter>;

/** How the station proves to the central server who it is. Secrets and keys are in files of mode 0600, never here. */
export const StationServerAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('basic'), user: z.string().min(1), passwordFile: z.string().min(1) }),
  z.strictObject({ kind: z.literal('bearer'), tokenFile: z.string().min(1) }),
  /** OAuth2 client credentials with a shared secret. */
  z.strictObject({
    kind: z.literal('clientCredentials'),
    tokenUrl: z.url({ protocol: /^https?$/ }),
    clientId: z.string().min(1),
    clientSecretFile: z.string().min(1),
    /** Scopes separated by blanks; empty: none are asked for. */
    scope: z.string().default(''),
  }),
  /** SMART Backend Services: the station signs a short JWT with its private key instead of sending a secret. */
  z.strictObject({
    kind: z.literal('smartBackend'),
    clientId: z.string().min(1),
    /** Private key, PEM (PKCS #8) or JWK: RSA of at least 2048 bits or EC P-384. */
    privateKeyFile: z.string().min(1),
    /** `kid` under which the server knows the public key. Empty: that of the JWK, or none. */
    keyId: z.string().default(''),
    /** Left out: RS384 for an RSA key, ES384 for an EC key. */
    algorithm: z.enum(['RS384', 'ES384']).optional(),
    /** Left out: `token_endpoint` of the server's `.well-known/smart-configuration`. */
    tokenUrl: z.url({ protocol: /^https?$/ }).optional(),
    scope: z.string().default('system/*.*'),
  }),
]);
export type StationServerAuth = z.infer<typeof StationServerAuth>;

const pullScope = z.strictObject({
  /** How far back orders, specimens and results are fetched at the first load, in days; catalogue and patients they name come whole. */
  historyDays: z.number().int().min(1).max(3650).default(90),
  /** Codes of the laboratory's sections whose orders are fetched. Empty: all. */
  sections: z.array(z.string().min(1).max(60)).default([]),
});

export const StationServer = z.strictObject({
  /** Base of a FHIR R4 server, e.g. `https://fhir.example.org/R4`. */
  url: z.url({ protocol: /^https?$/ }),
  auth: StationServerAuth.default({ kind: 'none' }),
  tls: z
    .strictObject({
      /** PEM file with the certificates of the authority that signed the server's, besides those the system trusts. */
      caFile: z.string().min(1),
    })
    .optional(),
  /** Seconds between two pulls while online. */
  pullSeconds: z.number().int().min(1).max(3600).default(15),
  pull: pullScope.default({ historyDays: 90, sections: [] }),
  /** Lets the server wake the station over a websocket when something changed, where it can. Polling goes on. */
  websocket: z.boolean().default(true),
});
export type StationServer = z.infer<typeof StationServer>;

export const StationApi = z.strictObject({
  enabled: z.boolean().default(false),
  /** Always on the loopback address. 0 takes a free port. */
  port: Port.default(0),
  /** File with the bearer token, mode 0600. */
  tokenFile: z.string(),
});

export const StationSpecimens = z.strictObject({
  /**
   * How a specimen that was made elsewhere is received here: `scan`, by a person who scans it; `onArrival`, at once when the server says it is
   * available, for a station without a window.
   */
  receive: z.enum(['scan', 'onArrival']).default('scan'),
});

const HospitalName = z.strictObject({
  /** MSH-3 or MSH-5 */
  application: z.string().max(180).default(''),
  /** MSH-4 or MSH-6 */
  facility: z.string().max(180).default(''),
});

const HospitalTransport = z.discriminatedUnion('kind', [TcpServerTransport, TcpClientTransport]);

/** The hospital's information system (EHR, HIS) over HL7 v2 and MLLP: its orders in, our reports out. docs/protocols/hospital-hl7.md explains it. */
export const StationHospital = z
  .strictObject({
    /** ORM^O01 and OML^O21 come in here. */
    orders: z.strictObject({ transport: HospitalTransport }).optional(),
    /** ORU^R01 goes out here when a report is signed. */
    results: z
      .strictObject({
        transport: HospitalTransport,
        /** `original`: AA is awaited; `enhanced`: CA is (MSH-15 AL, MSH-16 NE). */
        acknowledge: z.enum(['original', 'enhanced']).default('original'),
        /** The signed PDF goes along as OBX of type ED. */
        pdf: z.boolean().default(false),
        /** Seconds an answer is waited for before the message is sent again (M4). */
        answerSeconds: z.number().int().min(1).max(600).default(30),
      })
      .optional(),
    /** What MSH-18 says of our messages, and what one without MSH-18 is read as. */
    charset: z.enum(['UNICODE UTF-8', '8859/1', 'ASCII']).default('UNICODE UTF-8'),
    /** PID-3.5 of the identifier that is the patient's number here. */
    identifierType: z.string().min(1).max(20).default('MR'),
    /** PID-3.4 of our messages; one that names another is not this identifier. Empty: not looked at. */
    identifierAuthority: z.string().max(180).default(''),
    /** URI by which the central FHIR server knows these numbers, so that both name one patient. Empty: none. */
    identifierSystem: z.string().max(180).default(''),
    /** What OBR-4.1 holds: our catalogue's codes or LOINC. Codes whose coding system is LN are LOINC in both. */
    codes: z.enum(['local', 'loinc']).default('local'),
    /** The hospital's codes that are neither: to catalogue codes of tests or panels. */
    tests: z.record(z.string(), z.string()).default({}),
    sender: HospitalName.default({ application: 'LEVEY', facility: '' }),
    receiver: HospitalName.default({ application: '', facility: '' }),
  })
  .refine((one) => one.orders !== undefined || one.results !== undefined, 'neither orders nor results');
export type StationHospital = z.infer<typeof StationHospital>;

/** The station file: one JSON document that says what stands on this bench. docs/station.md explains it. */
export const Station = z.strictObject({
  $schema: z.string().optional(),
  /** Two characters, 0-9 A-Z without I and O, unique in the laboratory: part of every accession number made here. */
  code: z.string().regex(/^[0-9A-HJ-NP-Z]{2}$/, 'two characters, 0-9 and A-Z without I and O'),
  name: z.string().min(1).max(40),
  laboratory: z.strictObject({ name: z.string().min(1), address: z.string().default('') }).optional(),
  /** IANA time zone of the bench, for days and printed times. */
  timeZone: z.string().default('UTC'),
  idleMinutes: z.number().min(1).max(240).default(10),
  /** Who enters a result may not release it (V5). */
  separationOfDuties: z.boolean().default(true),
  instruments: z
    .array(StationInstrument)
    .default([])
    .refine(
      (list) => new Set(list.map((i) => i.id)).size === list.length,
      'two instruments have the same id',
    ),
  printers: z.array(StationPrinter).default([]),
  specimens: StationSpecimens.optional(),
  server: StationServer.optional(),
  hospital: StationHospital.optional(),
  api: StationApi.optional(),
});
export type Station = z.infer<typeof Station>;

/** Path of a fault as a person writes it: `instruments[1].transport.port`. */
function pathText(path: PropertyKey[]): string {
  return path
    .map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i === 0 ? '' : '.'}${String(p)}`))
    .join('');
}

/**
 * Reads a station file's text. Throws {@link LeveyError} `station.notJson` or `station.invalid`; the message names the path of each fault.
 */
export function parseStation(text: string): Station {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LeveyError({
      code: 'station.notJson',
      what: `The station file is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      safe: 'Nothing was started and nothing was changed.',
      todo: 'Mend the file (docs/station.md) and start again.',
      cause,
    });
  }
  const parsed = Station.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${pathText(issue.path) || 'the file'}: ${issue.message}`,
  );
  throw new LeveyError({
    code: 'station.invalid',
    what: `The station file has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}: ${faults.join('; ')}`,
    safe: 'Nothing was started and nothing was changed.',
    todo: 'Mend what is named (docs/station.md) and start again.',
    details: { faults },
  });
}
