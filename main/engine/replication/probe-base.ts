import type { Clock } from '../../../shared/domain/clock.ts';
import type { ProbeCode, ProbeItem, ProbeState } from '../../../shared/ipc/server.ts';
import type { ServerAuth } from './auth.ts';
import { ask, type NetOptions, type NetReply } from './probe-net.ts';

/** The server to be tested, with its secrets as text: they go to it and nowhere else. */
export interface ProbeTarget {
  /** FHIR base address as typed. */
  url: string;
  auth: ServerAuth;
  /** Certificates that are trusted, PEM. */
  trusted: readonly string[];
  /** Write a harmless record, read it and take it away. */
  write: boolean;
  /** Code of this station. */
  station: string;
}

/** How a step came out. */
export interface StepOutcome {
  state: Extract<ProbeState, 'passed' | 'noted' | 'failed' | 'left'>;
  code: ProbeCode;
  values?: Record<string, string>;
  words?: string;
  items?: ProbeItem[];
}

/** What one step leaves for the later ones. */
export interface Findings {
  target: ProbeTarget;
  url: URL;
  /** Base without a slash at its end. */
  base: string;
  net: NetOptions;
  clock: Clock;
  /** The newest answer with a `Date`, and when it came. */
  dated: { there: number; here: number } | undefined;
  statement: Statement | undefined;
  /** `GET metadata` asked for credentials. */
  locked: boolean;
  auth: AuthSeen | undefined;
}

/** A CapabilityStatement as far as it is looked at. */
export interface Statement {
  fhirVersion?: string;
  software?: { name?: string; version?: string };
  rest?: {
    interaction?: { code?: string }[];
    extension?: { url?: string }[];
    resource?: {
      type?: string;
      interaction?: { code?: string }[];
      conditionalCreate?: boolean;
      versioning?: string;
      readHistory?: boolean;
    }[];
  }[];
}

/** What the station may show the server from now on. */
export interface AuthSeen {
  /** Value of the Authorization header; undefined when there is none. */
  header: string | undefined;
  /** Scopes the token server granted, as it wrote them; undefined when it said nothing. */
  granted: string | undefined;
}

/** Asks the server below its base and remembers its time. */
export async function askBase(
  found: Findings,
  method: string,
  path: string,
  more: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<NetReply> {
  const authorization = found.auth?.header;
  const headers = {
    accept: 'application/fhir+json',
    ...(more.body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
    ...(authorization === undefined ? {} : { authorization }),
    ...more.headers,
  };
  const body = more.body === undefined ? {} : { body: JSON.stringify(more.body) };
  const reply = await ask(`${found.base}/${path}`, { method, headers, ...body }, found.net);
  const there = Date.parse(reply.headers.get('date') ?? '');
  // The header was written somewhere between asking and the end of the answer.
  if (!Number.isNaN(there)) found.dated = { there, here: found.clock.now().getTime() - reply.tookMs / 2 };
  return reply;
}

/** A JSON object out of an answer; undefined when it is none. */
export function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
