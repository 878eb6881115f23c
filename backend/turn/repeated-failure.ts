import { getFunctionResponses, type Event } from '@google/adk';
import type { ToolResults } from '../adk/tool-results.ts';
import { AppError } from '../errors/app-error.ts';

/** A model that repeats the same mistake this often will not stop. */
const MOST_IN_A_ROW = 3;

/** Ends a turn whose calls keep failing in the same way, as with a runaway model. */
export class RepeatedFailure {
  #last = '';
  #count = 0;

  /**
   * Call it with the complete events of a turn in order. Throws SAME_FAILURE_AGAIN at the third one in a row whose
   * responses are all the same failure.
   */
  check(event: Event, results: ToolResults): void {
    const responses = getFunctionResponses(event);
    if (responses.length === 0) return;
    const outcome = responses.map(({ name, response }) => `${name}: ${JSON.stringify(response)}`).join('\n');
    const isFailure = responses.every(({ id }) => results.hasFailed(id));
    this.#count = !isFailure ? 0 : outcome === this.#last ? this.#count + 1 : 1;
    this.#last = outcome;
    if (this.#count < MOST_IN_A_ROW) return;
    const { name, response } = responses[0]!;
    throw new AppError(
      'SAME_FAILURE_AGAIN',
      `The call of ${name} failed ${MOST_IN_A_ROW} times in a row, so the turn was ended: ${String(response?.['error'])}`,
    );
  }
}
