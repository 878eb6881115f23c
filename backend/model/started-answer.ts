/**
 * An answer whose first chunk has arrived, or that has ended. A failure before the first chunk may be retried,
 * elsewhere or with another key; a later one is passed on, because shown text cannot be taken back.
 */
export type StartedAnswer<T> = AsyncIterable<T>;

/**
 * Waits for the first chunk and puts it back. Throws what the answer throws before it. Not a generator: every chunk
 * would pass through one generator per wrapper.
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

/** An answer without chunks: another model answers. */
export const NO_ANSWER: StartedAnswer<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
