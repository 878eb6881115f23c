import type { Context, PluginManager } from '@google/adk';

type Response = Record<string, unknown>;

interface ToolResults {
  /** By the ids of the calls, after all callbacks. */
  responses: Map<string, Response>;
  failed: Set<string>;
}

/** By the plugin manager of a turn, which every context of the turn shares. */
const ofTurns = new WeakMap<PluginManager, ToolResults>();

/** Remembers what a call came to. */
export function recordResult(context: Context, response: Response | undefined | null): void {
  if (context.functionCallId && response) resultsOf(context)?.responses.set(context.functionCallId, response);
}

/** What the model is told of a tool, or of a callback around one, that threw: its message. The call counts as failed. */
export function recordFailure(context: Context, error: unknown): { error: string } {
  if (context.functionCallId) resultsOf(context)?.failed.add(context.functionCallId);
  return { error: error instanceof Error ? error.message : String(error) };
}

/**
 * What a call of this turn came to. ADK itself forgets it where a tool beside it asks for a confirmation: it yields the
 * question and drops the event with the responses.
 */
export function resultOf(turn: PluginManager, callId: string | undefined): Response | undefined {
  return callId === undefined ? undefined : ofTurns.get(turn)?.responses.get(callId);
}

/** Whether a call failed by what was thrown, not by what its tool returned. */
export function hasFailed(turn: PluginManager, callId: string | undefined): boolean {
  return callId !== undefined && ofTurns.get(turn)?.failed.has(callId) === true;
}

function resultsOf({ invocationContext }: Context): ToolResults | undefined {
  const { pluginManager } = invocationContext;
  if (!pluginManager) return undefined;
  let results = ofTurns.get(pluginManager);
  if (!results) ofTurns.set(pluginManager, (results = { responses: new Map(), failed: new Set() }));
  return results;
}
