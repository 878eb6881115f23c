import type { LlmRequest } from '@google/adk';
import { type StartedAnswer, NO_ANSWER } from './started-answer.ts';
import { ModelError } from './model-error.ts';
import type { ModelSettings } from './model-settings.ts';

/**
 * Lets a fallback answer if the model refused before its first chunk (rate limit, server error, unreachable); then no
 * chunks come from here. Any other failure is passed on.
 */
export async function withPeerFallback<T>(
  ask: () => Promise<StartedAnswer<T>>,
  { peerFallback }: Pick<ModelSettings, 'peerFallback'>,
  request: LlmRequest,
  signal: AbortSignal | undefined,
): Promise<StartedAnswer<T>> {
  const agentName = request.config?.labels?.['adk_agent_name'];
  try {
    return await ask();
  } catch (error) {
    const mayAnswer = peerFallback && agentName && !signal?.aborted && isPersonsTurn(request);
    if (!mayAnswer || !(error instanceof ModelError) || !error.isRetryable) throw error;
    if (!(await peerFallback(agentName, { code: error.code, status: error.status }, signal))) throw error;
    return NO_ANSWER;
  }
}

/** Whether the request answers a person's message, rather than a tool's response. */
function isPersonsTurn({ contents }: LlmRequest): boolean {
  const last = contents.at(-1);
  return last?.role === 'user' && !last.parts?.some(({ functionResponse }) => functionResponse);
}
