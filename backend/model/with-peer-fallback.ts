import type { LlmRequest } from '@google/adk';
import { type StartedAnswer, NO_ANSWER } from './started-answer.ts';
import { ModelError } from './model-error.ts';
import type { ModelSettings } from './model-settings.ts';

/**
 * An answer that was refused before its first piece (too many requests, the model's own trouble, nobody there) may be
 * given by somebody else; then nothing comes from here. Every other failure is passed on.
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

/** What is asked for is an answer to a person, not what follows from a tool's answer. */
function isPersonsTurn({ contents }: LlmRequest): boolean {
  const last = contents.at(-1);
  return last?.role === 'user' && !last.parts?.some(({ functionResponse }) => functionResponse);
}
