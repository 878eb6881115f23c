import {
  createEventActions,
  type BaseAgent,
  type Event,
  type EventActions,
  type LlmResponse,
} from '@google/adk';
import { nodePathOf } from './node-path.ts';

/** Makes events from the model's chunks that bypass ADK, as ADK would have made them. */
export class PartialEvents {
  readonly #invocationId: string;
  readonly #rootAgent: BaseAgent;
  /** Shared by hundreds of chunks of a turn, so nobody may change them (`ChunkJson` relies on it). */
  readonly #shared = new Map<string, Pick<Event, 'actions' | 'nodeInfo'>>();

  constructor(invocationId: string, rootAgent: BaseAgent) {
    this.#invocationId = invocationId;
    this.#rootAgent = rootAgent;
  }

  toEvent(piece: LlmResponse & { longRunningToolIds?: string[] }, author: string): Event {
    let shared = this.#shared.get(author);
    if (!shared) {
      shared = { actions: frozenActions(), nodeInfo: { path: nodePathOf(this.#rootAgent, author) } };
      this.#shared.set(author, shared);
    }
    return { ...piece, id: '', invocationId: this.#invocationId, author, ...shared, timestamp: Date.now() };
  }
}

function frozenActions(): EventActions {
  const actions = createEventActions();
  for (const value of Object.values(actions)) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(actions);
}
