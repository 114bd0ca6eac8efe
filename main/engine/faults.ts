import { LeveyError } from '../../shared/errors.ts';

/** Refuses a person's command with its reason; nothing was written. */
export function refuse(
  code: string,
  what: string,
  todo: string,
  details?: Record<string, unknown>,
): LeveyError {
  return new LeveyError({
    code,
    what,
    safe: 'Nothing was changed.',
    todo,
    ...(details === undefined ? {} : { details }),
  });
}
