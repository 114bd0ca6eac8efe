import { z } from 'zod';
import { command, query } from './spec.ts';

/** A secret as it was typed; null keeps the one this station has. It goes to the engine and never comes back. */
const Secret = z.string().max(20_000).nullable();
const WebAddress = z.string().trim().max(500);

/** How the station proves who it is, as the set-up page gives it. */
export const ServerAuthInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('basic'), user: z.string().trim().max(200), secret: Secret }),
  z.object({ kind: z.literal('bearer'), secret: Secret }),
  z.object({
    kind: z.literal('clientCredentials'),
    tokenUrl: WebAddress,
    clientId: z.string().trim().max(200),
    secret: Secret,
    scope: z.string().trim().max(2000),
  }),
  z.object({
    kind: z.literal('smartBackend'),
    /** Empty: the server's own `.well-known/smart-configuration` says it. */
    tokenUrl: WebAddress,
    clientId: z.string().trim().max(200),
    /** Private key, PEM or JWK. */
    secret: Secret,
    keyId: z.string().trim().max(200),
    scope: z.string().trim().max(2000),
  }),
]);
export type ServerAuthInput = z.infer<typeof ServerAuthInput>;

/** The central server as the set-up page gives it. */
export const ServerInput = z.object({
  url: WebAddress,
  auth: ServerAuthInput,
  /** PEM text of a laboratory's own authority; null keeps the one there is, empty: none. */
  ca: z.string().max(200_000).nullable(),
  pullSeconds: z.number().int().min(1).max(3600),
  historyDays: z.number().int().min(1).max(3650),
  sections: z.array(z.string().trim().min(1).max(60)).max(50),
  websocket: z.boolean(),
});
export type ServerInput = z.infer<typeof ServerInput>;

/** One row, id `server`: what the station file says. Secrets are not in it, only whether there is one. */
export interface ServerSettingsRow {
  id: string;
  /** Empty: no central server. */
  url: string;
  auth: {
    kind: ServerAuthInput['kind'];
    user: string;
    clientId: string;
    tokenUrl: string;
    scope: string;
    keyId: string;
  };
  /** A secret of that kind is in its file and can be read. */
  hasSecret: boolean;
  /** Names in the certificates of the laboratory's own authority; null without one. */
  ca: { names: string[]; validUntil: string } | null;
  pullSeconds: number;
  historyDays: number;
  sections: string[];
  websocket: boolean;
  /** Path of the station file. */
  file: string;
  /** Some record of this station has an id at the server. */
  linked: boolean;
  /** Records that wait for the server. */
  waiting: number;
}

/** Steps of the connection test, in the order in which each needs the one before. */
export const probeSteps = [
  'address',
  'name',
  'connect',
  'tls',
  'fhir',
  'auth',
  'scope',
  'can',
  'clock',
  'write',
] as const;
export type ProbeStepId = (typeof probeSteps)[number];

/** Explanations of each step that are told apart; the window has words for every one. `fhir.` of `auth` are those of `fhir`. */
export const probeCodes = {
  address: ['ok', 'here', 'plain', 'notUrl', 'credentials', 'query'],
  name: ['ok', 'isAddress', 'notFound', 'noResolver'],
  connect: ['ok', 'refused', 'timeout', 'unreachable', 'reset'],
  tls: [
    'ok',
    'soon',
    'none',
    'expired',
    'notYet',
    'otherName',
    'unknownCa',
    'selfSigned',
    'notTrusted',
    'noTls',
    'broken',
  ],
  fhir: [
    'ok',
    'locked',
    'moved',
    'notFound',
    'serverError',
    'page',
    'notFhir',
    'noVersion',
    'wrongVersion',
    'falseVersion',
  ],
  auth: [
    'none',
    'ok',
    'token',
    'needed',
    'notAccepted',
    'wrongPassword',
    'wrongToken',
    'badClient',
    'refused',
    'badScope',
    'clockAhead',
    'clockBehind',
    'key',
    'noToken',
    'noEndpoint',
    'tokenTls',
    'tokenAway',
  ],
  scope: ['ok', 'stated', 'missing', 'catalog'],
  can: ['ok', 'instead'],
  clock: ['ok', 'behind', 'ahead', 'farBehind', 'farAhead', 'notTold'],
  write: ['ok', 'notAsked', 'refused', 'noId', 'changed', 'notRead', 'stays'],
} as const satisfies Record<ProbeStepId, readonly string[]>;

/** Explanations any step may have: the test was stopped, or there was no answer. */
export const probeCodesOfAll = ['stopped', 'noAnswer'] as const;
export type ProbeCode = (typeof probeCodes)[ProbeStepId][number] | (typeof probeCodesOfAll)[number];

/** What is said of one kind of resource in `scope`. */
export const scopeCodes = [
  'ok',
  'readRefused',
  'unknownKind',
  'searchFailed',
  'writeNotGranted',
  'notGranted',
  'noUpdate',
  'readOnly',
] as const;
/** What `can` looks at. */
export const abilityIds = [
  'batch',
  'transaction',
  'conditionalCreate',
  'versioned',
  'history',
  'websocket',
] as const;

/**
 * `noted`: it works, but a person should know; `left`: not needed or not asked for; `notReached`: an earlier step failed; `waiting` and
 * `running` while the test goes on.
 */
export type ProbeState = 'waiting' | 'running' | 'passed' | 'noted' | 'failed' | 'notReached' | 'left';

/** One thing looked at within a step: a kind of record, an ability. */
export interface ProbeItem {
  id: string;
  ok: boolean;
  code: string;
  values: Record<string, string>;
}

export interface ProbeStepRow {
  id: ProbeStepId;
  state: ProbeState;
  /** Which of the step's {@link probeCodes} holds; empty until it has run. */
  code: ProbeCode | '';
  /** What the explanation names: host, issuer, date … Instants are ISO 8601. */
  values: Record<string, string>;
  /** The other side's own words, as they came; empty when there are none. */
  words: string;
  items: ProbeItem[];
}

export const serverCommands = {
  /** Tests a server as typed, without saving; `server.steps` follows it. `write`: writes a harmless record, reads it and takes it away. */
  'server.test': command<null>()(z.object({ settings: ServerInput, write: z.boolean() }), ['admin']),
  'server.stopTest': command<null>()(z.object({}), ['admin']),
  /**
   * Writes the server into the station file, keeps the old file, and works with it from then on; null takes it out. `another`: it is not
   * the same server under another address: everything is sent to it again.
   */
  'server.save': command<{ keptAs: string }>()(
    z.object({ settings: ServerInput.nullable(), another: z.boolean() }),
    ['admin'],
  ),
} as const;

export const serverQueries = {
  'server.settings': query<ServerSettingsRow>()(z.object({}), ['admin', 'supervisor', 'lead']),
  /** Steps of the newest test; none before the first. */
  'server.steps': query<ProbeStepRow>()(z.object({}), ['admin']),
} as const;
