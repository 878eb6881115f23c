const FIXED_WAIT =
  /\b((?:Delay|MinTimeout|PollInterval|delay|minTimeout|pollInterval)\s*(?::=|=|:)\s*)\d+ \* time\.(?:Second|Minute)\b/;
const FIELD = /^\s+\w+:\s.*,(\s*\/\/.*)?$/;

/**
 * A Go file of the provider with its fixed polling intervals replaced; timeouts stay. Where a wait
 * has no PollInterval it gets one: without it the provider doubles its pauses up to ten seconds.
 */
export function shortenWaits(source: string, wait: string): { source: string; count: number } {
  let count = 0;
  const lines = source.split('\n');
  const shortened = lines.map((line, index) => {
    if (!FIXED_WAIT.test(line)) return line;
    count += 1;
    const short = line.replace(FIXED_WAIT, (_match, name: string) => `${name}${wait}`);
    return FIELD.test(line) && isFirstWait(lines, index) ? `${short}\nPollInterval: ${wait},` : short;
  });
  return { source: shortened.join('\n'), count };
}

/** Whether this is the first shortened field of a literal that names no PollInterval. */
function isFirstWait(lines: readonly string[], index: number): boolean {
  let first = index;
  while (first > 0 && !lines[first - 1]?.endsWith('{')) first -= 1;
  let last = index;
  while (last < lines.length - 1 && !lines[last + 1]?.trim().startsWith('}')) last += 1;
  if (lines.slice(first, last + 1).some((line) => /^\s+PollInterval:/.test(line))) return false;
  return !lines.slice(first, index).some((line) => FIXED_WAIT.test(line));
}
