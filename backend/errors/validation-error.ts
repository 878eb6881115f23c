import { AppError } from './app-error.ts';

/** One entry of FastAPI's validation answer. */
export interface ValidationIssue {
  /** Pydantic's name of the failure: missing, string_type, … */
  type: string;
  /** Where: body, query or path first, then the keys as the wire names them. */
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

/** A request that was understood as JSON but does not have the contract's form: 422 with FastAPI's list as `detail`. */
export class ValidationError extends AppError {
  readonly issues: readonly ValidationIssue[];

  constructor(issues: readonly ValidationIssue[]) {
    super('INVALID_REQUEST');
    this.name = 'ValidationError';
    this.issues = issues;
  }
}
