import { resourceTypes } from '../../../shared/fhir/mapping.ts';

/** The types whose pages are followed: they part the server's base from the rest of a path. */
const types: ReadonlySet<string> = new Set(Object.values(resourceTypes).flat());

/**
 * The address to ask for: a path below the base, or an address the server names for a further page. Behind a proxy servers name themselves
 * differently: only what follows their base is kept, so that a token never goes elsewhere.
 * @param base FHIR base of the server without a `/` at its end @param path below the base, absolute, or beginning with `/`
 */
export function addressOf(base: string, path: string): string {
  const isFull = /^https?:/i.test(path);
  if (!isFull && !path.startsWith('/') && !path.startsWith('?'))
    return path === '' ? base : `${base}/${path}`;
  if (path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}?`)) return path;
  const { pathname, search } = new URL(path, `${base}/`);
  const own = new URL(base).pathname;
  if (pathname === own || pathname.startsWith(`${own}/`))
    return `${base}${pathname.slice(own.length)}${search}`;
  const steps = pathname.split('/').filter((step) => step !== '');
  const from = steps.findIndex((step) => types.has(step));
  return `${base}${from < 0 ? '' : `/${steps.slice(from).join('/')}`}${search}`;
}
