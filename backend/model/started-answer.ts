/**
 * An answer whose first piece has come, or that is over. What fails before that may be asked again, elsewhere or with
 * another key; what fails after it is passed on, because what was shown can't be taken back.
 */
export type StartedAnswer<T> = AsyncIterable<T>;

/**
 * Waits for the first piece and puts it back. Throws what the answer throws before it. No generator: every piece would
 * pass through one for each reason to ask again.
 */
export async function startAnswer<T>(answer: AsyncGenerator<T, void>): Promise<StartedAnswer<T>> {
  let first: IteratorResult<T, void> | undefined = await answer.next();
  const pieces: AsyncIterator<T, void> = {
    next: () => {
      const result = first ? Promise.resolve(first) : answer.next();
      first = undefined;
      return result;
    },
    return: () => answer.return(),
  };
  return { [Symbol.asyncIterator]: () => pieces };
}

/** An answer without a piece: another one answers. */
export const NO_ANSWER: StartedAnswer<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
