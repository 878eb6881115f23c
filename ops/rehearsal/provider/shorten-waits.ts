const FIXED_WAIT =
  /\b((?:Delay|MinTimeout|PollInterval|delay|minTimeout|pollInterval)\s*(?::=|=|:)\s*)\d+ \* time\.(?:Second|Minute)\b/g;

/** A Go file of the provider with its fixed waits between two looks replaced; limits on the whole stay. */
export function shortenWaits(source: string, wait: string): { source: string; count: number } {
  let count = 0;
  const shortened = source.replace(FIXED_WAIT, (_match, name: string) => {
    count += 1;
    return `${name}${wait}`;
  });
  return { source: shortened, count };
}
