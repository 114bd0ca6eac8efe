import { LeveyError } from '../../../shared/errors.ts';
import { type Replicated, resourceTypes } from '../../../shared/fhir/mapping.ts';
import { NotAuthorised } from './auth.ts';
import { NotFhir, WrongVersion } from './capability.ts';
import { NoAnswer } from './client.ts';

/** Nothing of it is lost, whatever is wrong with the server. */
const SAFE = 'The bench works on. Everything is stored here and waits in the queue; nothing is lost.';

/** OpenSSL's codes of a chain that does not end at an authority that is trusted here. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
]);

/**
 * What a person has to know about a line to the server that does not work, when somebody has to do something; undefined when it is just
 * away and Levey tries again by itself.
 * @param host of the server, for the sentences
 */
export function problemOf(error: unknown, host: string): LeveyError | undefined {
  if (error instanceof LeveyError) return error;
  if (error instanceof NotAuthorised) return ofRefusal(error);
  if (error instanceof WrongVersion) {
    return new LeveyError({
      code: 'server.version',
      what: `${error.message}. Replication is stopped.`,
      safe: SAFE,
      todo: 'Give server.url the base of an R4 server, often the same address with R4 in it. It is asked again every minute.',
    });
  }
  if (error instanceof NotFhir) {
    return new LeveyError({
      code: 'server.notFhir',
      what: `${error.message}`,
      safe: SAFE,
      todo: 'Correct server.url: the base of the FHIR server, without a resource type at its end.',
    });
  }
  return error instanceof NoAnswer ? ofCertificate(error.code, host) : undefined;
}

/** The server answers 403 to every record of some kinds. @param closed collections with the server's words */
export function forbiddenKinds(closed: ReadonlyMap<Replicated, string>): LeveyError {
  const types = [...closed.keys()].flatMap((collection) => [...resourceTypes[collection]]);
  const words = [...new Set(closed.values())].join('; ').slice(0, 300);
  return new LeveyError({
    code: 'server.scope',
    what: `The server does not let this station write ${types.join(', ')} (403): ${words}.`,
    safe: `${SAFE} Other kinds go on.`,
    todo: 'Let the server’s administrator grant this client reading and writing of the kinds named, or correct server.auth.scope; then Sync now.',
  });
}

/** The server answers 403 to every search of some types; null when there are none. @param unread types with the server's words */
export function unreadTypes(unread: ReadonlyMap<string, string>): LeveyError | null {
  if (unread.size === 0) return null;
  const words = [...new Set(unread.values())].join('; ').slice(0, 300);
  return new LeveyError({
    code: 'server.scope',
    what: `The server does not let this station read ${[...unread.keys()].join(', ')} (403): ${words}. What others make of these is missing here.`,
    safe: 'The bench works on, and what it makes is sent. Other kinds are fetched.',
    todo: 'Let the server’s administrator grant this client reading of the kinds named, or correct server.auth.scope; then Sync now.',
  });
}

function ofRefusal(error: NotAuthorised): LeveyError {
  if (error.kind === 'clock') {
    const seconds = error.skewSeconds;
    const off =
      seconds === undefined || Math.abs(seconds) < 60
        ? ''
        : ` This station's clock is ${duration(Math.abs(seconds))} ${seconds < 0 ? 'ahead of' : 'behind'} the server's.`;
    return new LeveyError({
      code: 'server.clock',
      what: `The server refuses this station because of the time in its signed request.${off} ${error.message}.`,
      safe: `${SAFE} Times of results measured meanwhile are those of this clock.`,
      todo: 'Set the clock of this computer, best by a time service. Levey goes on by itself.',
    });
  }
  if (error.kind === 'scope') {
    return new LeveyError({
      code: 'server.scope',
      what: `The server does not let this station do what it asks for. ${error.message}.`,
      safe: SAFE,
      todo: 'Let the server’s administrator grant this client reading and writing of the kinds named, or correct server.auth.scope.',
    });
  }
  return new LeveyError({
    code: 'server.credentials',
    what: `The server does not accept who this station says it is. ${error.message}.`,
    safe: SAFE,
    todo: 'Check client id, secret or key with the server’s administrator; Server under Admin tests the connection.',
  });
}

function ofCertificate(code: string, host: string): LeveyError | undefined {
  const fault = (name: string, what: string, todo: string) =>
    new LeveyError({ code: name, what, safe: `${SAFE} Nothing was sent to that address.`, todo });
  if (code === 'CERT_HAS_EXPIRED') {
    return fault(
      'server.certificateExpired',
      `The certificate of ${host} has expired.`,
      'Let the server’s administrator renew it. Check also that this computer’s date is right.',
    );
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return fault(
      'server.certificateExpired',
      `The certificate of ${host} is not valid yet by this computer’s clock.`,
      'Check this computer’s date and time first; then ask the server’s administrator.',
    );
  }
  if (UNTRUSTED.has(code)) {
    return fault(
      'server.certificateUntrusted',
      `The certificate of ${host} is not from an authority that this station trusts (${code}).`,
      'Put the certificate of your laboratory’s authority into a file and name it as server.tls.caFile.',
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return fault(
      'server.certificateName',
      `The certificate shown by ${host} is for another name.`,
      'Use the name that is in the certificate for server.url, or let the server’s administrator mend it.',
    );
  }
  return undefined;
}

/** `5 h 2 min`, `3 min`. @param seconds not negative */
function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return hours === 0 ? `${minutes} min` : `${hours} h${rest === 0 ? '' : ` ${rest} min`}`;
}

/** What the log of the sync screen says about a line that does not work. */
export function sentenceOf(error: unknown, why: string): string {
  if (error instanceof NotAuthorised) return 'The server does not accept this station. Working here.';
  if (error instanceof NotFhir)
    return 'The address of the server is not that of a FHIR server. Working here.';
  if (error instanceof WrongVersion) return `${why}. Working here.`;
  if (error instanceof NoAnswer) return 'No answer. Working here.';
  return `Sync failed and is tried again: ${why}`;
}
