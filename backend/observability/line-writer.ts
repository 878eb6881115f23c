export interface LineWriter {
  /** Adds one line, newline included. */
  write: (line: string) => void;
  /** Writes all waiting lines now. */
  flush: () => void;
}

/** How long a line may wait, in milliseconds, and how many characters may wait. */
const WAIT_MS = 25;
const MOST_CHARS = 64 * 1024;
/** These levels are needed after a crash, so their lines never wait. */
const URGENT = /"level":"(?:warn|error)"/;

/**
 * Collects lines and writes them together: one system call per line was a tenth of a turn's cost. A killed process
 * loses the lines of the last 25 ms; warnings and errors, with the lines before them, are written at once.
 */
export function createLineWriter(writeOut: (text: string) => void): LineWriter {
  let waiting = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text) writeOut(text);
  };
  const write = (line: string): void => {
    waiting += line;
    if (waiting.length > MOST_CHARS || URGENT.test(line)) flush();
    else timer ??= setTimeout(flush, WAIT_MS);
  };
  return { write, flush };
}
