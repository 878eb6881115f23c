import { CliError } from '../base/cli-error.ts';
import { type Child, childEnded } from '../process/child.ts';

const POLL_MS = 50;

/** Resolves when `url`/health answers 200; throws if the child ends first, after `withinMs`, or on an abort. */
export async function waitForHealth(
  url: string,
  child: Child,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    if (end !== undefined) throw childEnded(child, end);
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    // Only accept an answer while our own child is running.
    if (answer?.ok && end === undefined) return;
    if (Date.now() > deadlineMs) {
      throw new CliError({
        what: `${child.name} does not answer.`,
        why: `${url}/health did not answer 200 within ${withinMs / 1000} s.`,
        next: 'Read the lines above; ./lornu doctor shows the configuration.',
        output: child.tail,
        logPath: child.logPath,
      });
    }
    await Bun.sleep(POLL_MS);
  }
}
