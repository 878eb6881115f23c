import { asProblem, Problem } from '../api/problem.ts';
import { streamTurn, type StreamFailure, type StreamFrame } from '../api/run.ts';
import { createSession, getSession, rewindSession, type Owner } from '../api/sessions.ts';
import type { AdkEvent, Part } from '../api/types.ts';
import { Store } from '../util/store.ts';
import { tellTabs } from '../util/tab-channel.ts';
import { mergeFrame } from './merge-frame.ts';
import { settle } from './settle.ts';
import { toTitle } from './to-title.ts';
import type { Confirmation, Turn } from './turn.ts';

export type Phase = 'loading' | 'idle' | 'waiting' | 'streaming';

export interface ConversationState {
  /** Absent until the first message has made the session. */
  sessionId: string | undefined;
  events: AdkEvent[];
  phase: Phase;
  /** What kept the last thing from working; shown below the conversation. */
  problem: Problem | undefined;
}

/** One conversation on screen: what is known of it, and what a person can do with it. */
export class Conversation extends Store<ConversationState> {
  readonly owner: Owner;
  #request: AbortController | undefined;

  constructor(owner: Owner, sessionId?: string) {
    super({ sessionId, events: [], phase: sessionId ? 'loading' : 'idle', problem: undefined });
    this.owner = owner;
  }

  /** Reads the conversation from the service; what is on screen stays there until it has come. */
  async load(): Promise<void> {
    const { sessionId, phase } = this.getState();
    if (!sessionId || (phase !== 'loading' && phase !== 'idle')) return;
    try {
      const session = await getSession(this.owner, sessionId);
      this.set({ events: session.events ?? [], phase: 'idle', problem: undefined });
    } catch (error) {
      this.set({ phase: 'idle', problem: asProblem(error) });
    }
  }

  async send(text: string): Promise<void> {
    await this.#run([{ text }]);
  }

  /** Answers ADK's request for a confirmation; the turn goes on with the answer. */
  async confirm(confirmation: Confirmation, confirmed: boolean): Promise<void> {
    const functionResponse = {
      id: confirmation.callId,
      name: 'adk_request_confirmation',
      response: { confirmed },
    };
    await this.#run([{ functionResponse }]);
  }

  /** Takes `turn` and everything after it back, and says `text` instead. */
  async resend(turn: Turn, text: string): Promise<void> {
    const { sessionId, phase, events } = this.getState();
    if (phase !== 'idle') return;
    const rewindBeforeInvocationId = turn.invocationId;
    if (sessionId && rewindBeforeInvocationId) {
      this.set({ phase: 'waiting', problem: undefined });
      try {
        await rewindSession(this.owner, sessionId, rewindBeforeInvocationId);
      } catch (error) {
        this.set({ phase: 'idle', problem: asProblem(error) });
        return;
      }
      const rewind: AdkEvent = {
        id: `local-${crypto.randomUUID()}`,
        author: 'user',
        actions: { rewindBeforeInvocationId },
      };
      this.set({ phase: 'idle', events: [...events, rewind] });
    }
    await this.send(text);
  }

  /** Stops the answer under way; what was shown of it stays. */
  stop(): void {
    this.#request?.abort();
  }

  async #run(parts: Part[]): Promise<void> {
    const { phase, events } = this.getState();
    if (phase !== 'idle') return;
    const request = new AbortController();
    this.#request = request;
    this.set({ events: [...events, toLocalEvent(parts)], phase: 'waiting', problem: undefined });
    try {
      const sessionId = await this.#ensureSession(parts);
      tellTabs({ kind: 'turn-started', sessionId });
      for await (const frame of streamTurn({ owner: this.owner, sessionId, parts }, request.signal))
        this.#take(frame);
    } catch (error) {
      if (!request.signal.aborted) this.set({ problem: asProblem(error) });
    }
    this.set({ events: settle(this.getState().events), phase: 'idle' });
    const { sessionId } = this.getState();
    if (sessionId) tellTabs({ kind: 'turn-ended', sessionId });
  }

  async #ensureSession(parts: Part[]): Promise<string> {
    const { sessionId } = this.getState();
    if (sessionId) return sessionId;
    const session = await createSession(this.owner, toTitle(parts[0]?.text ?? ''));
    this.set({ sessionId: session.id });
    tellTabs({ kind: 'sessions-changed' });
    return session.id;
  }

  #take({ event }: StreamFrame): void {
    if (isFailure(event)) {
      // Where the model failed, an event has already said how; this frame is the stream's own end.
      if (this.getState().events.at(-1)?.errorCode) return;
      this.set({
        problem: new Problem(0, 'The answer could not be finished.', 'Try again; what you wrote is kept.'),
      });
      return;
    }
    this.setSoon({ events: mergeFrame(this.getState().events, event), phase: 'streaming' });
  }
}

function toLocalEvent(parts: Part[]): AdkEvent {
  return {
    id: `local-${crypto.randomUUID()}`,
    author: 'user',
    timestamp: Date.now() / 1_000,
    content: { role: 'user', parts },
  };
}

function isFailure(event: AdkEvent | StreamFailure): event is StreamFailure {
  return 'error' in event && !('id' in event);
}
