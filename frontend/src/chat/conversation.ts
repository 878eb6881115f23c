import { asProblem, Problem } from '../api/problem.ts';
import { streamTurn, type StreamFailure, type StreamFrame } from '../api/run.ts';
import { createSession, getSession, type Owner } from '../api/sessions.ts';
import type { AdkEvent, Part } from '../api/types.ts';
import { mergeFrame } from './merge-frame.ts';
import { toTitle } from './to-title.ts';

export type Phase = 'loading' | 'idle' | 'sending' | 'streaming';

export interface ConversationState {
  sessionId?: string;
  events: AdkEvent[];
  phase: Phase;
  problem?: Problem;
}

/** One conversation on screen: what is known of it, and what a person can do with it. */
export class Conversation {
  #state: ConversationState;
  readonly #owner: Owner;
  readonly #listeners = new Set<() => void>();
  #request: AbortController | undefined;

  constructor(owner: Owner, sessionId?: string) {
    this.#owner = owner;
    this.#state = { events: [], phase: sessionId ? 'loading' : 'idle', ...(sessionId ? { sessionId } : {}) };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): ConversationState => this.#state;

  async load(): Promise<void> {
    const { sessionId } = this.#state;
    if (!sessionId) return;
    try {
      const session = await getSession(this.#owner, sessionId);
      this.#set({ events: session.events ?? [], phase: 'idle' });
    } catch (error) {
      this.#set({ phase: 'idle', problem: asProblem(error) });
    }
  }

  async send(text: string): Promise<void> {
    await this.#run([{ text }], text);
  }

  /** Closes the request; what was shown stays on the page. */
  stop(): void {
    this.#request?.abort();
  }

  async #run(parts: Part[], title: string): Promise<void> {
    if (this.#state.phase !== 'idle') return;
    const mine: AdkEvent = { id: `local-${Date.now()}`, author: 'user', content: { role: 'user', parts } };
    this.#request = new AbortController();
    const { signal } = this.#request;
    this.#set({ events: [...this.#state.events, mine], phase: 'sending' }, ['problem']);
    try {
      const sessionId = this.#state.sessionId ?? (await createSession(this.#owner, toTitle(title))).id;
      this.#set({ sessionId });
      for await (const frame of streamTurn({ owner: this.#owner, sessionId, parts }, signal))
        this.#take(frame);
    } catch (error) {
      if (!signal.aborted) this.#set({ problem: asProblem(error) });
    }
    this.#set({ phase: 'idle' });
  }

  #take({ event }: StreamFrame): void {
    if (isFailure(event)) {
      this.#set({ problem: new Problem(0, event.error, 'Send the message again.') });
      return;
    }
    this.#set({ events: mergeFrame(this.#state.events, event), phase: 'streaming' });
  }

  #set(change: Partial<ConversationState>, drop: (keyof ConversationState)[] = []): void {
    const next = { ...this.#state, ...change };
    for (const key of drop) delete next[key];
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}

function isFailure(event: AdkEvent | StreamFailure): event is StreamFailure {
  return 'error' in event && !('id' in event);
}
