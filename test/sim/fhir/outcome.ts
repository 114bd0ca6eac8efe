import type { Resource } from './resource.ts';

/** An answer other than success: HTTP status and the OperationOutcome that goes with it. */
export class FhirError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly expression: string | undefined;

  constructor(
    status: number,
    code: string,
    diagnostics: string,
    extra: { expression?: string; headers?: Record<string, string> } = {},
  ) {
    super(diagnostics);
    this.name = 'FhirError';
    this.status = status;
    this.code = code;
    this.expression = extra.expression;
    this.headers = extra.headers ?? {};
  }
}

/** An OperationOutcome with one issue; `code` from the value set issue-type. */
export function outcome(severity: string, code: string, diagnostics: string, expression?: string): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity,
        code,
        details: { text: diagnostics },
        diagnostics,
        ...(expression === undefined ? {} : { expression: [expression] }),
      },
    ],
  };
}

/** The FhirError for anything thrown: unknown errors become 500. */
export function toFhirError(error: unknown): FhirError {
  if (error instanceof FhirError) return error;
  return new FhirError(500, 'exception', error instanceof Error ? error.message : String(error));
}

/** The OperationOutcome of an error. */
export function outcomeOf(error: FhirError): Resource {
  return outcome('error', error.code, error.message, error.expression);
}
