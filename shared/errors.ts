/**
 * The one error type a person may see. `code` is documented in docs/errors.md; the three sentences answer what happened,
 * what is safe, and what to do. Never put patient data into them: they are logged.
 */
export class LeveyError extends Error {
  readonly code: string;
  readonly safe: string;
  readonly todo: string;
  readonly details: Record<string, unknown>;

  constructor(input: {
    code: string;
    what: string;
    safe: string;
    todo: string;
    details?: Record<string, unknown>;
    cause?: unknown;
  }) {
    super(input.what, input.cause === undefined ? undefined : { cause: input.cause });
    this.name = 'LeveyError';
    this.code = input.code;
    this.safe = input.safe;
    this.todo = input.todo;
    this.details = input.details ?? {};
  }

  /** Plain form for the wire and the log. */
  toPlain(): PlainError {
    return { code: this.code, what: this.message, safe: this.safe, todo: this.todo, details: this.details };
  }
}

/** A {@link LeveyError} as data: what crosses from the engine to the window. */
export interface PlainError {
  code: string;
  what: string;
  safe: string;
  todo: string;
  details?: Record<string, unknown>;
}

/** Turns anything thrown into a {@link PlainError}; unknown errors become code `internal`. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof LeveyError) return error.toPlain();
  const what = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    what: `Something failed inside the engine: ${what}`,
    safe: 'Nothing was changed: the step was undone as a whole.',
    todo: 'Try again. If it stays, send the diagnostics from Admin.',
  };
}
