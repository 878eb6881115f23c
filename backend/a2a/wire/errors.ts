import {
  A2A_ERROR_CODE,
  A2AError,
  ContentTypeNotSupportedError,
  ERROR_INFO_TYPE,
  RequestMalformedError,
  restStatusFor,
  toJsonRpcError,
  toRestErrorBody,
} from '@a2a-js/sdk/errors';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { ERROR_TABLE, type ErrorCode } from '../../errors/error-table.ts';
import type { Logger } from '../../observability/logger.ts';

/** Domain of our error codes in google.rpc.ErrorInfo. */
const DOMAIN = 'lornu.ai';

const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

/** JSON-RPC code for errors of the service itself; `data` says which one. */
const OWN_ERROR = -32_000;

/** google.rpc.Code by HTTP status, as in AIP-193. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  431: 'INVALID_ARGUMENT',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** The JSON-RPC code for an entry of the error table. */
export function jsonRpcCodeOf(code: ErrorCode): number {
  const { status } = ERROR_TABLE[code];
  if (status === 500) return A2A_ERROR_CODE.INTERNAL_ERROR;
  if (status === 413) return A2A_ERROR_CODE.INVALID_REQUEST;
  return status === 400 || status === 422 ? A2A_ERROR_CODE.INVALID_PARAMS : OWN_ERROR;
}

/** The google.rpc status name for an entry of the error table. */
export function statusNameOf(code: ErrorCode): string {
  return STATUS_NAMES[ERROR_TABLE[code].status] ?? 'UNKNOWN';
}

/** An error that the protocol or our error table defines. */
export type KnownError = A2AError | AppError;

/**
 * The error that answers a request or ends its stream. A failure of the service is logged; an error that is neither of
 * the two is a bug, and its message is not sent.
 */
export function toKnownError(error: unknown, log: Pick<Logger, 'error'>): KnownError {
  if (error instanceof A2AError) return error;
  const known = toAppError(error);
  if (known.isToLog) log.error('an A2A request failed', known.logFields);
  return known;
}

/** Runs code that parses a caller's message; whatever it throws becomes a client error. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof A2AError || error instanceof AppError) throw error;
    throw new RequestMalformedError({ message: `The ${what} cannot be read.`, cause: error });
  }
}

export interface JsonRpcErrorBody {
  code: number;
  message: string;
  data?: unknown[];
}

/** The `error` object of a JSON-RPC response. */
export function toJsonRpc(error: KnownError): JsonRpcErrorBody {
  if (error instanceof A2AError) return toJsonRpcError(error);
  return { code: jsonRpcCodeOf(error.code), message: error.message, data: detailsOf(error) };
}

/** Status and body of a REST error response. */
export function toRest(error: KnownError): { status: number; body: object } {
  if (error instanceof A2AError) {
    // The SDK still has 400; 415 is section 5.4 of A2A 1.0.0.
    const status = error instanceof ContentTypeNotSupportedError ? 415 : restStatusFor(error);
    return { status, body: toRestErrorBody(error, status) };
  }
  const { status, message } = error;
  return {
    status,
    body: {
      error: { code: status, status: statusNameOf(error.code), message, details: detailsOf(error) },
    },
  };
}

/** Headers of an error response: those of the failure, and the error code, as on every API. */
export function failureHeaders(error: KnownError): Record<string, string> {
  return error instanceof AppError ? { ...error.headers, 'x-error-code': error.code } : {};
}

/** The code of the error and how long to wait, as AIP-193 requires. An error at the end of a stream has no headers. */
function detailsOf({ code, headers }: AppError): object[] {
  const details: object[] = [{ '@type': ERROR_INFO_TYPE, reason: code, domain: DOMAIN }];
  const seconds = headers['retry-after'];
  if (seconds !== undefined) details.push({ '@type': RETRY_INFO_TYPE, retryDelay: `${seconds}s` });
  return details;
}
