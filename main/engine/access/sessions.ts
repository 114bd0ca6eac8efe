import type { PersonDoc } from '../../../shared/documents/person.ts';
import { LeveyError } from '../../../shared/errors.ts';
import type { Allowed } from '../../../shared/ipc/spec.ts';

/** Who works in one window. Held here, never taken from what a window sends. */
export interface Session {
  clientId: string;
  personId: string | null;
  locked: boolean;
  /** Milliseconds of the clock at the last sign of a person. */
  aliveAt: number;
}

/** The sessions of the open windows. */
export class Sessions {
  readonly #byClient = new Map<string, Session>();

  open(clientId: string, now: Date): Session {
    const session: Session = { clientId, personId: null, locked: false, aliveAt: now.getTime() };
    this.#byClient.set(clientId, session);
    return session;
  }

  close(clientId: string): void {
    this.#byClient.delete(clientId);
  }

  get(clientId: string): Session | undefined {
    return this.#byClient.get(clientId);
  }

  all(): Session[] {
    return [...this.#byClient.values()];
  }
}

function refused(code: string, what: string, todo: string): LeveyError {
  return new LeveyError({ code, what, safe: 'Nothing was changed.', todo });
}

/**
 * Decides whether a session may do something. Throws `access.signInFirst`, `access.locked` or `access.notAllowed`, the latter naming the
 * roles that may.
 */
export function authorise(session: Session, person: PersonDoc | undefined, allowed: Allowed): void {
  if (allowed === 'anyone') return;
  if (person === undefined || !person.active) {
    throw refused('access.signInFirst', 'Nobody is signed in at this window.', 'Sign in, then do it again.');
  }
  if (session.locked) throw refused('access.locked', 'This screen is locked.', 'Unlock it with your PIN.');
  if (allowed === 'signedIn' || person.roles.some((role) => allowed.includes(role))) return;
  throw refused(
    'access.notAllowed',
    `This is for: ${allowed.join(', ')}. You are signed in as ${person.roles.join(', ')}.`,
    'Ask someone with that role, or switch person with F12.',
  );
}
