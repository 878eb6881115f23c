type Response = Record<string, unknown>;

/**
 * Results of a turn's function calls, by call id. ADK loses them if another tool of the same event asks for a
 * confirmation: it yields the question and drops the event with the responses.
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

  /** The response after all callbacks. */
  responseOf(callId: string | undefined): Response | undefined {
    return callId === undefined ? undefined : this.#responses.get(callId);
  }

  /** Whether a call failed with an exception, rather than by its tool's return value. */
  hasFailed(callId: string | undefined): boolean {
    return callId !== undefined && this.#failed.has(callId);
  }
}
