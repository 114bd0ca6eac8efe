import type { Resource } from './resource.ts';

/** An answer as tests look at it. */
export interface Reply {
  status: number;
  headers: Headers;
  body: Resource & {
    total?: number;
    link?: { relation: string; url: string }[];
    entry?: {
      resource: Resource;
      fullUrl?: string;
      response?: { status: string; outcome?: Resource; location?: string };
    }[];
    issue?: { diagnostics: string; code: string }[];
  };
}

/** Sends one request with plain fetch. @throws TypeError when there is no answer */
export async function call(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/fhir+json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** A patient with one identifier. */
export function patient(value: string, extra: Record<string, unknown> = {}): Resource {
  return { resourceType: 'Patient', identifier: [{ system: 'urn:test', value }], ...extra };
}

/** A final observation. */
export function observation(value: string, extra: Record<string, unknown> = {}): Resource {
  const code = { coding: [{ system: 'http://loinc.org', code: '2823-3' }] };
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:test', value }],
    status: 'final',
    code,
    ...extra,
  };
}

/** Ids of the resources in a bundle. */
export function idsOf(reply: Reply): (string | undefined)[] {
  return (reply.body.entry ?? []).map((entry) => entry.resource.id);
}

/** Follows next links to the end and returns all ids. */
export async function allIds(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = url; next !== undefined; ) {
    const page: Reply = await call('GET', next);
    ids.push(...idsOf(page).map(String));
    next = page.body.link?.find((link) => link.relation === 'next')?.url;
  }
  return ids;
}
