import type { Event } from '@google/adk';
import { AppError } from '../errors/app-error.ts';
import { OutputSchemaError } from './output-key.ts';
import { ModelError } from '../model/model-error.ts';

/** A failure, described for a caller. */
export interface TurnFailure {
  /** Python's name of the kind of failure, for error frames. */
  errorType: string;
  errorCode: string;
  errorMessage: string;
  /** A bug of ours: logged with its stack. */
  isBug: boolean;
  /** Only for the log. */
  cause: unknown;
}

const LLM_CALLS_LIMIT = /^Max number of llm calls limit/;

/** The description of any error that ended a turn; a bug's internal message is never shown. */
export function toTurnFailure(error: unknown): TurnFailure {
  if (error instanceof ModelError) {
    const { code, detail, pythonName } = error;
    return { errorType: pythonName, errorCode: code, errorMessage: detail, isBug: false, cause: error };
  }
  if (error instanceof AppError)
    return {
      errorType: 'ServiceError',
      errorCode: error.code,
      errorMessage: error.message,
      isBug: false,
      cause: error,
    };
  if (error instanceof OutputSchemaError) {
    const [errorType, errorCode] = ['ValidationError', 'OUTPUT_SCHEMA'];
    return { errorType, errorCode, errorMessage: error.message, isBug: false, cause: error };
  }
  if (error instanceof Error && LLM_CALLS_LIMIT.test(error.message)) {
    const errorType = 'LlmCallsLimitExceededError';
    return { errorType, errorCode: errorType, errorMessage: error.message, isBug: false, cause: error };
  }
  const errorMessage = 'The agent failed; the log says why.';
  return { errorType: 'AgentError', errorCode: 'AGENT_FAILED', errorMessage, isBug: true, cause: error };
}

/** The failure of a turn whose process died before it ended the run: only the failure's event was stored. */
export function failureToldBy({ errorCode = '', errorMessage = '' }: Event): TurnFailure {
  return { errorType: 'ServiceError', errorCode, errorMessage, isBug: false, cause: undefined };
}
