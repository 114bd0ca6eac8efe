import type { Role } from '../../../shared/documents/person.ts';

/** All roles, in the order of their reach. */
export const allRoles: readonly Role[] = ['technician', 'lead', 'pathologist', 'supervisor', 'admin'];

/** Shortest password, as the engine checks it. */
export const SECRET_LENGTH = 10;

export const secretIsRight = (secret: string): boolean =>
  secret.length >= SECRET_LENGTH && secret.length <= 200;
export const usernameIsRight = (username: string): boolean => /^\S{1,48}$/.test(username);

/** A size for reading: `880 kB`, `1.2 MB`, `3.4 GB` (decimal). */
export function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  const [unit, by] = bytes < 1_000_000_000 ? (['MB', 1_000_000] as const) : (['GB', 1_000_000_000] as const);
  const size = bytes / by;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** How long since an instant: days apart, hours and minutes `03:07`. */
export function sinceText(from: string, now: Date): { days: number; clock: string } {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(from)) / 60_000));
  const two = (n: number): string => String(n).padStart(2, '0');
  return {
    days: Math.floor(minutes / 1440),
    clock: `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`,
  };
}
