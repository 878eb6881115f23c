type Response = Record<string, unknown>;

/**
 * What the calls of a turn came to, by their ids. ADK itself forgets it where a tool beside one asks for a confirmation:
 * it yields the question and drops the event with the responses.
 */
export class ToolResults {
  readonly #responses = new Map<string, Response>();
  readonly #failed = new Set<string>();

  record(callId: string, response: Response): void {
    this.#responses.set(callId, response);
  }

  recordFailure(callId: string): void {
    this.#failed.add(callId);
  }

  /** After all callbacks. */
  responseOf(callId: string | undefined): Response | undefined {
    return callId === undefined ? undefined : this.#responses.get(callId);
  }

  /** Whether a call failed by what was thrown, not by what its tool returned. */
  hasFailed(callId: string | undefined): boolean {
    return callId !== undefined && this.#failed.has(callId);
  }
}
