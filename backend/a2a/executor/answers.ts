import type { Part } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { FunctionResponse } from '@google/genai';
import type { Principal } from '../../identity/principal.ts';

/** As Python ADK marks the data parts of function calls and their answers. */
const TYPE_KEY = 'adk_type';
const LONG_RUNNING_KEY = 'adk_is_long_running';

/** Questions of ADK itself: to confirm a tool call, to sign in somewhere, to say more. */
export const CONFIRMATION = 'adk_request_confirmation';
export const CREDENTIAL = 'adk_request_credential';
const INPUT = 'adk_request_input';

/** The metadata that marks a data part as a question. */
export const QUESTION_MARKS = { [TYPE_KEY]: 'function_call', [LONG_RUNNING_KEY]: true };

/**
 * Whether this caller's word is a person's: a service acts for people, a local caller is one. A peer is an agent, and an
 * agent that may confirm what it asked for itself makes confirmations worthless (adk-python issue 6461).
 */
export function mayConfirm({ role }: Principal): boolean {
  return role === 'service' || role === 'local';
}

/**
 * The answer to one of the agent's questions, where a data part is one. Throws UnsupportedOperationError where the caller
 * may not give it; a peer may answer questions for input and nothing else.
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
