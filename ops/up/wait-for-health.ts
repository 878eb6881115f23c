import { CliError } from '../cli/cli-error.ts';
import type { Child } from '../process/child.ts';

const STEP_MS = 50;

/** Resolves when /health answers 200; fails when the child ends first or after `withinMs`. */
export async function waitForHealth(
  url: string,
  child: Child,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadline = Date.now() + withinMs;
  while (!signal.aborted) {
    if (end !== undefined) throw childEnded(child, end);
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    if (answer?.ok && end === undefined) return;
    if (Date.now() > deadline) {
      throw new CliError({
        what: `${child.name} does not answer.`,
        why: `${url}/health gave no 200 within ${withinMs / 1000} s.`,
        next: 'Read the lines above; ./lornu doctor shows the configuration.',
        output: child.tail,
        logPath: child.logPath,
      });
    }
    await Bun.sleep(STEP_MS);
  }
  throw signal.reason;
}

/** What is said when a program that should go on has ended. */
export function childEnded(child: Child, how: string): CliError {
  return new CliError({
    what: `${child.name} ${how}.`,
    why: child.tail.length > 0 ? 'Its last lines are above.' : 'It said nothing.',
    next: 'Put right what it says, then run ./lornu up again.',
    output: child.tail,
    logPath: child.logPath,
  });
}
