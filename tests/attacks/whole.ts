let whole = false;

/** Whether all attacks are tried, and not a sample. */
export const isWhole = (): boolean => whole;

/** To be called before the attacks are imported. */
export function startWhole(): void {
  whole = true;
}
