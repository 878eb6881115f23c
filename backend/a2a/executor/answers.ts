import type { Part } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { FunctionResponse } from '@google/genai';
import type { Principal } from '../../identity/principal.ts';

/** Python ADK's marker on data parts that hold function calls and responses. */
const TYPE_KEY = 'adk_type';
const LONG_RUNNING_KEY = 'adk_is_long_running';

/** ADK's own questions: confirm a tool call, sign in to a service, give more input. */
export const CONFIRMATION = 'adk_request_confirmation';
export const CREDENTIAL = 'adk_request_credential';
const INPUT = 'adk_request_input';

/** The metadata that marks a data part as a question of the agent. */
export const QUESTION_MARKS = { [TYPE_KEY]: 'function_call', [LONG_RUNNING_KEY]: true };

/**
 * Whether the caller speaks for a person. Services act for people, and a local caller is one. A peer is an agent: if it
 * could confirm its own requests, confirmations would be worthless (adk-python issue 6461).
 */
export function mayConfirm({ role }: Principal): boolean {
  return role === 'service' || role === 'local';
}

/**
 * Reads the answer to one of the agent's questions from a data part, if it is one. Throws UnsupportedOperationError if
 * this caller may not give that answer: a peer may only answer questions for input.
 */
export function functionResponseOf(part: Part, mayConfirmIt: boolean): FunctionResponse | undefined {
  if (part.content?.$case !== 'data' || part.metadata?.[TYPE_KEY] !== 'function_response') return undefined;
  const { id, name, response } = (part.content.value ?? {}) as FunctionResponse;
  if (typeof id !== 'string' || typeof name !== 'string') return undefined;
  if (!mayConfirmIt && name !== INPUT)
    throw new UnsupportedOperationError(
      `An agent cannot answer ${name.slice(0, 64)}: that is for a person who uses this service.`,
    );
  const isObject = typeof response === 'object' && response !== null;
  return { id, name, response: isObject ? response : { result: response } };
}
