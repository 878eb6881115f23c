let whole = false;

/** Whether all attacks run, rather than a sample. */
export const isWhole = (): boolean => whole;

/** Call it before the attacks are imported. */
export function startWhole(): void {
  whole = true;
}
