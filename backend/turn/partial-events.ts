import { createEventActions, type BaseAgent, type Event, type LlmResponse } from '@google/adk';
import { nodePathOf } from './node-path.ts';

/** Makes events of the pieces of the model's answers that come past ADK, as ADK would have made them. */
export class PartialEvents {
  readonly #invocationId: string;
  readonly #rootAgent: BaseAgent;
  /** Hundreds of pieces of a turn share them: nobody changes a partial event's actions. */
  readonly #shared = new Map<string, Pick<Event, 'actions' | 'nodeInfo'>>();

  constructor(invocationId: string, rootAgent: BaseAgent) {
    this.#invocationId = invocationId;
    this.#rootAgent = rootAgent;
  }

  toEvent(piece: LlmResponse & { longRunningToolIds?: string[] }, author: string): Event {
    let shared = this.#shared.get(author);
    if (!shared) {
      shared = { actions: createEventActions(), nodeInfo: { path: nodePathOf(this.#rootAgent, author) } };
      this.#shared.set(author, shared);
    }
    return { ...piece, id: '', invocationId: this.#invocationId, author, ...shared, timestamp: Date.now() };
  }
}
