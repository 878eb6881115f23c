import type { Event } from '@google/adk';

/**
 * How an agent that was asked in a turn, such as the peer, writes into that turn. Tools and models get no turn from ADK,
 * only its abort signal, so the output is found by that.
 */
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

const outputs = new WeakMap<AbortSignal, TurnOutput>();

/** Makes a turn's output known to the tools and the model that run under its signal. */
export function setTurnOutput(signal: AbortSignal, output: TurnOutput): void {
  outputs.set(signal, output);
}

/** Undefined outside a turn of the service: a tool's own call of a model, another runner. */
export function turnOutputOf(signal: AbortSignal | undefined): TurnOutput | undefined {
  return signal && outputs.get(signal);
}
