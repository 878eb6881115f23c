import type { Event, LlmRequest, LlmResponse } from '@google/adk';
import type { ToolResults } from './tool-results.ts';

/** What the model, the tools and the callbacks of a turn get from the service beside what ADK hands them. */
export interface TurnScope {
  output: TurnOutput;
  toolResults: ToolResults;
  /**
   * Takes the pieces of the model's answers past ADK's eight layers of generators, which only pass them on: half of a
   * turn's CPU. Undefined for a turn in which something of ADK looks at partial answers: it then gets them.
   */
  partials?: PartialSink | undefined;
}

/** How an agent that was asked in a turn, such as the peer, writes into that turn. */
export interface TurnOutput {
  /** The person's own words that began the turn; undefined where it goes on, or answers a tool. */
  readonly question: string | undefined;
  /** The turn's metadata, such as the number of agents that the question has passed through. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Shows a piece of what `author` says; never stored. */
  partial(author: string, text: string): void;
  /** Stores and shows a whole message. Messages are stored one after the other. */
  whole(message: PeerMessage): Promise<void>;
}

export type PeerMessage = Pick<Event, 'author' | 'content' | 'customMetadata'>;

/** Takes a piece of a streamed answer of the named agent; the next one waits until it is taken. */
export type PartialSink = (
  piece: LlmResponse & { longRunningToolIds?: string[] },
  agentName: string,
) => Promise<void> | undefined;

/**
 * The one way from a turn down to what ADK calls for it. ADK hands its models, tools and callbacks nothing of ours but
 * the turn's abort signal, always the same object (adk.test.ts), so a turn's scope is found by that.
 */
const scopes = new WeakMap<AbortSignal, TurnScope>();

/** Makes a scope known to what runs under the turn's signal. */
export function openTurnScope(signal: AbortSignal, scope: TurnScope): void {
  scopes.set(signal, scope);
}

/** Undefined outside a turn of the service: a tool's own call of a model, another runner. */
export function turnScopeOf(signal: AbortSignal | undefined): TurnScope | undefined {
  return signal && scopes.get(signal);
}

/** Where the pieces of a model call go; undefined: to ADK. A call that no agent made (a tool's own) is left alone. */
export function partialsOf(
  request: LlmRequest,
  signal: AbortSignal | undefined,
): ((piece: LlmResponse) => Promise<void> | undefined) | undefined {
  const sink = turnScopeOf(signal)?.partials;
  const agentName = request.config?.labels?.['adk_agent_name'];
  return sink && agentName ? (piece) => sink(piece, agentName) : undefined;
}
