export interface LineWriter {
  /** Takes one line with its end. */
  write: (line: string) => void;
  /** Writes what is waiting, now. */
  flush: () => void;
}

/** How long a line may wait, in milliseconds, and how much text may wait. */
const WAIT_MS = 25;
const MOST_CHARS = 64 * 1024;
/** Lines of these levels are what one looks for after a crash: they never wait. */
const URGENT = /"level":"(?:warn|error)"/;

/**
 * Gathers lines and writes them together: a system call for each line was a tenth of a turn's cost.
 * A process that is killed loses the lines of the last 25 ms; warnings and errors, and what stands before them, are
 * written at once.
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
