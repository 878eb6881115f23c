import type { LlmRequest, LlmResponse } from '@google/adk';

/** Takes a piece of a streamed answer, with the name of the agent that asked; the next one waits until it is taken. */
export type PartialSink = (
  piece: LlmResponse & { longRunningToolIds?: string[] },
  agentName: string,
) => Promise<void> | undefined;

const sinks = new WeakMap<AbortSignal, PartialSink>();

/**
 * Partial answers of the calls made under this signal go straight to `sink`, past ADK's eight layers of generators,
 * which only pass them on: half of a turn's CPU. For turns in which nothing of ADK looks at partial answers.
 */
export function divertPartials(signal: AbortSignal, sink: PartialSink): void {
  sinks.set(signal, sink);
}

/** Where the pieces of this call go; undefined: to ADK. A call that no agent made (a tool's own) is left alone. */
export function sinkOf(
  request: LlmRequest,
  signal: AbortSignal | undefined,
): ((piece: LlmResponse) => Promise<void> | undefined) | undefined {
  const sink = signal && sinks.get(signal);
  const agentName = request.config?.labels?.['adk_agent_name'];
  return sink && agentName ? (piece) => sink(piece, agentName) : undefined;
}
