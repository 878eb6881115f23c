import { isLlmAgent, type BaseAgent } from '@google/adk';

/**
 * The write of the person's message, while the model may be asked already: a commit takes as long as all that ADK does
 * before it asks, on Firestore much longer. Nothing of the answer may be shown, stored or acted on before it is stored.
 */
export class MessageWrite {
  #storing: Promise<void> | undefined;
  #refusal: { error: unknown } | undefined;

  /** The store has refused it: the turn is over. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  follow(storing: Promise<void>): void {
    this.#storing = storing.then(
      () => (this.#storing = undefined),
      (error: unknown) => void (this.#refusal = { error }),
    );
  }

  /** Acts at once where nothing is being written, else when that has ended. */
  whenSettled(act: () => void): Promise<void> | undefined {
    if (this.#storing) return this.#storing.then(act);
    act();
    return undefined;
  }

  /** Throws what the store refused it with. */
  async stored(): Promise<void> {
    await this.#storing;
    if (this.#refusal) throw this.#refusal.error;
  }
}

/** Whether the model is the first to hear of a turn: no callback of the agent's that may do something before. */
export function asksModelFirst(agent: BaseAgent): boolean {
  return (
    isLlmAgent(agent) &&
    agent.subAgents.length === 0 &&
    agent.beforeAgentCallback.length === 0 &&
    agent.canonicalBeforeModelCallbacks.length === 0
  );
}
