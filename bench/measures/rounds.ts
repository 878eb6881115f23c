/** One figure over all rounds. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** The median, or the mean of the two middle values, with the least and the most; zeros without values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const [upper, lower] = [Math.floor(sorted.length / 2), Math.ceil(sorted.length / 2) - 1];
  return { median: (at(upper) + at(lower)) / 2, least: at(0), most: at(sorted.length - 1) };
}
