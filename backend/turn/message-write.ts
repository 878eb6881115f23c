import { isLlmAgent, type BaseAgent } from '@google/adk';
import type { Content } from '@google/genai';
import { isAnswer } from './check-message.ts';

/**
 * The write of the person's message, during which the model may already be asked: a commit takes as long as all that
 * ADK does before it asks, and on Firestore much longer. Nothing of the answer may be shown, stored or acted on before
 * the message is stored.
 */
export class MessageWrite {
  #storing: Promise<void> | undefined;
  #refusal: { error: unknown } | undefined;

  /** Whether the store has refused it: the turn is over then. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  follow(storing: Promise<void>): void {
    this.#storing = storing.then(
      () => (this.#storing = undefined),
      (error: unknown) => void (this.#refusal = { error }),
    );
  }

  /** Calls `act` at once if nothing is being written, else when the write has ended. */
  whenSettled(act: () => void): Promise<void> | undefined {
    if (this.#storing) return this.#storing.then(act);
    act();
    return undefined;
  }

  /** Throws the store's refusal. */
  async stored(): Promise<void> {
    await this.#storing;
    if (this.#refusal) throw this.#refusal.error;
  }
}

/**
 * Whether the model is called before anything else that may do something: a callback of the agent, or the tool that the
 * message confirms.
 */
export function asksModelFirst(agent: BaseAgent, message: Content | undefined): boolean {
  return (
    !isAnswer(message) &&
    isLlmAgent(agent) &&
    agent.subAgents.length === 0 &&
    agent.beforeAgentCallback.length === 0 &&
    agent.canonicalBeforeModelCallbacks.length === 0
  );
}
