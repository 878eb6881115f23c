import type { Event, LlmRequest, LlmResponse } from '@google/adk';
import type { FileData } from '@google/genai';
import type { ToolResults } from './tool-results.ts';

/** What the service passes to the model, tools and callbacks of a turn, beyond ADK's own arguments. */
export interface TurnScope {
  output: TurnOutput;
  toolResults: ToolResults;
  /** The model chosen for this turn. */
  model?: string | undefined;
  openFile?: OpenFile | undefined;
  /**
   * Takes the chunks of the model's answers directly, past ADK's eight layers of generators, which only pass them on
   * and cost half of a turn's CPU. Undefined in a turn where some part of ADK reads partial answers: ADK gets them
   * then.
   */
  partials?: PartialSink | undefined;
}

/** The prefix of ADK's artifact URIs. */
export const ARTIFACT_SCHEME = 'artifact://';

/**
 * Opens a file of the turn's session by its artifact's URI. Undefined if it was deleted; throws BAD_REQUEST if the URI
 * leads out of the session.
 */
export type OpenFile = (uri: string) => Promise<OpenedFile | undefined>;

export type OpenedFile =
  | { size: number; stream: ReadableStream<Uint8Array>; isText: boolean; mimeType?: string }
  /** A reference to an external file. */
  | { fileData: FileData };

/** Lets an agent that was asked during a turn, such as the peer, write into that turn. */
export interface TurnOutput {
  /** The person's message that began the turn; undefined if the turn continues or answers a tool. */
  readonly question: string | undefined;
  /** The turn's metadata, such as the hop count of the question. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Shows a chunk of text by `author`; never stored. */
  partial(author: string, text: string): void;
  /** Stores and shows a complete message. Messages are stored one after the other. */
  whole(message: PeerMessage): Promise<void>;
}

export type PeerMessage = Pick<Event, 'author' | 'content' | 'customMetadata'>;

/** Takes a chunk of a streamed answer of the named agent; the model waits until it is taken. */
export type PartialSink = (
  piece: LlmResponse & { longRunningToolIds?: string[] },
  agentName: string,
) => Promise<void> | undefined;

/**
 * The only way to pass data from a turn to the code that ADK calls. The only object of ours that ADK hands to models,
 * tools and callbacks is the turn's abort signal, always the same object (adk.test.ts), so it is the key to the turn's
 * scope.
 */
const scopes = new WeakMap<AbortSignal, TurnScope>();

/** Opens a scope for all code that runs under the turn's signal. */
export function openTurnScope(signal: AbortSignal, scope: TurnScope): void {
  scopes.set(signal, scope);
}

/** Undefined outside a turn of the service: a tool's own model call, or another runner. */
export function turnScopeOf(signal: AbortSignal | undefined): TurnScope | undefined {
  return signal && scopes.get(signal);
}

/**
 * The sink for a model call's chunks; undefined if they go to ADK. A model call that no agent made (a tool's own) goes
 * to ADK.
 */
export function partialsOf(
  request: LlmRequest,
  signal: AbortSignal | undefined,
): ((piece: LlmResponse) => Promise<void> | undefined) | undefined {
  const sink = turnScopeOf(signal)?.partials;
  const agentName = request.config?.labels?.['adk_agent_name'];
  return sink && agentName ? (piece) => sink(piece, agentName) : undefined;
}
