import {
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  REQUEST_CREDENTIAL_FUNCTION_CALL_NAME,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
} from '@google/adk';

const FRAMEWORK_CALLS = new Set<unknown>([
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  REQUEST_CREDENTIAL_FUNCTION_CALL_NAME,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
]);

/**
 * Whether a function call of this name is a question to a person. Only ADK makes such calls; it keeps them in the
 * session and never sends them to a model.
 */
export const isFrameworkCall = (name: unknown): boolean => FRAMEWORK_CALLS.has(name);
