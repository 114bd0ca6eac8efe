import type { Auth } from './auth.ts';
import { capabilityStatement } from './capability.ts';
import { FhirError } from './outcome.ts';
import type { Switches } from './switches.ts';

interface About {
  /** Scheme and host. */
  origin: string;
  /** Path of the FHIR base below it. */
  basePath: string;
  date: string;
  auth: Auth;
  switches: Switches;
}

/**
 * What the server tells everybody: `metadata` and `.well-known/smart-configuration`.
 * @throws FhirError 404 for anything else, and for the second where there are no tokens
 */
export function describe(path: string[], about: About): { body: object; headers: Record<string, string> } {
  const { origin, basePath, date, auth, switches } = about;
  const tokenUrl = `${origin}/oauth2/token`;
  if (path[0] === 'metadata') {
    const base = `${origin}${basePath}`;
    const body = capabilityStatement({ base, date, switches, ...(auth.givesTokens ? { tokenUrl } : {}) });
    return { body, headers: {} };
  }
  if (path[1] !== 'smart-configuration' || !auth.givesTokens)
    throw new FhirError(404, 'not-found', 'Not found');
  return { body: auth.describe(tokenUrl), headers: { 'content-type': 'application/json' } };
}
