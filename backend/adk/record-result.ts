import type { Context } from '@google/adk';
import type { ToolResults } from './tool-results.ts';
import { turnScopeOf } from './turn-scope.ts';

/** Records the result of a call. */
export function recordResult(context: Context, response: Record<string, unknown> | undefined | null): void {
  if (context.functionCallId && response) resultsOf(context)?.record(context.functionCallId, response);
}

/**
 * The response for the model when a tool, or a callback around one, threw: the error's message. The call counts as
 * failed.
 */
export function recordFailure(context: Context, error: unknown): { error: string } {
  if (context.functionCallId) resultsOf(context)?.recordFailure(context.functionCallId);
  return { error: error instanceof Error ? error.message : String(error) };
}

function resultsOf({ invocationContext }: Context): ToolResults | undefined {
  return turnScopeOf(invocationContext.abortSignal)?.toolResults;
}
