import type { Event } from '@google/adk';

/** How somebody else than the turn's own agents is heard in a turn: another agent that was asked. */
export interface TurnVoice {
  /** The person's own words that began the turn; undefined where it goes on, or answers a tool. */
  readonly question: string | undefined;
  /** Of the turn: how many agents it has passed through, for one. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Shows a piece of what `author` says; never stored. */
  partial(author: string, text: string): void;
  /** Stores and shows the whole of it; one at a time, however many speak. */
  whole(spoken: Spoken): Promise<void>;
}

export type Spoken = Pick<Event, 'author' | 'content' | 'customMetadata'>;

const voices = new WeakMap<AbortSignal, TurnVoice>();

/** Lends a turn's voice to the tools and the model that run under its signal. */
export function lendVoice(signal: AbortSignal, voice: TurnVoice): void {
  voices.set(signal, voice);
}

/** Undefined outside a turn of the service: a tool's own call of a model, another runner. */
export function voiceOf(signal: AbortSignal | undefined): TurnVoice | undefined {
  return signal && voices.get(signal);
}
