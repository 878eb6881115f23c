import { REQUEST_CONFIRMATION_FUNCTION_CALL_NAME } from '@google/adk';
import type { Content, FunctionResponse } from '@google/genai';
import { AppError } from '../errors/app-error.ts';

/** Whether a message to the agent answers one of its questions. */
export function isAnswer(message: Content | undefined): boolean {
  return message?.parts?.some(({ functionResponse }) => functionResponse) ?? false;
}

const FILE_URI = /^(?:https?|gs|artifact):\/\/./i;

/**
 * Refuses parts that a caller may not write into a message, before anything is stored: calls, which only the model
 * makes, responses that match no call, and files that nobody can read. Throws BAD_REQUEST with what must be changed.
 */
export function checkMessage(message: Content | undefined): void {
  for (const { functionCall, functionResponse, fileData } of message?.parts ?? []) {
    // The model would refuse any other URI, in this turn and in every later one.
    if (fileData && !FILE_URI.test(fileData.fileUri ?? ''))
      throw refusal('The file_uri of a part must begin with https://, http://, gs:// or artifact://.');
    if (functionCall) throw refusal('A message may not hold a function call: calls are the model’s.');
    if (!functionResponse) continue;
    if (!functionResponse.id)
      throw refusal('A function response in a message needs the id of the call that it answers.');
    if (functionResponse.name === REQUEST_CONFIRMATION_FUNCTION_CALL_NAME && !isReadable(functionResponse))
      throw refusal('The answer to a confirmation must be {"confirmed": true or false}.');
  }
}

/** ADK takes an object, or its JSON text under the key `response`. */
function isReadable({ response }: FunctionResponse): boolean {
  if (!response) return false;
  const text = response['response'];
  if (Object.keys(response).length !== 1 || text === undefined) return true;
  if (typeof text !== 'string') return false;
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null;
  } catch {
    return false;
  }
}

const refusal = (detail: string): AppError => new AppError('BAD_REQUEST', detail);
