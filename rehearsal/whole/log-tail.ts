/** Lines of a task that the report contains. */
const KEPT = 200;

/** The last lines of each task, masked on arrival. */
export class LogTail {
  readonly #lines = new Map<string, string[]>();
  readonly #redact: (text: string) => string;

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  add(taskId: string, line: string): void {
    const lines = this.#lines.get(taskId) ?? [];
    this.#lines.set(taskId, lines);
    lines.push(this.#redact(line));
    if (lines.length > KEPT) lines.shift();
  }

  /** By task. */
  tails(): Record<string, string[]> {
    return Object.fromEntries(this.#lines);
  }
}
