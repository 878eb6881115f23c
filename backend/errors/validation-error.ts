import { AppError } from './app-error.ts';

/** One entry of FastAPI's validation answer. */
export interface ValidationIssue {
  /** Pydantic's error type: missing, string_type, … */
  type: string;
  /** The location: body, query or path first, then the keys as on the wire. */
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

/** A JSON request that does not match the schema: 422 with FastAPI's list as `detail`. */
export class ValidationError extends AppError {
  readonly issues: readonly ValidationIssue[];

  constructor(issues: readonly ValidationIssue[]) {
    super('INVALID_REQUEST');
    this.name = 'ValidationError';
    this.issues = issues;
  }
}
