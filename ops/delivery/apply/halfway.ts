import { CliError, EXIT } from '../../base/cli-error.ts';
import type { Progress } from './progress.ts';

/** The error for a failure after the first change. The state knows what was done, so a new plan contains the rest. */
export function halfway(error: unknown, progress: ReturnType<Progress['read']>, stopped: boolean): unknown {
  if (!(error instanceof CliError) && !stopped) return error;
  const { done, failed, unknown, untouched } = progress;
  const begun = done.length + failed.length + unknown.length > 0;
  if (!begun) return error;
  const why = error instanceof CliError ? error.parts.why : 'It was interrupted.';
  return new CliError({
    what: `The plan was applied in part: ${done.length} of ${done.length + failed.length + unknown.length + untouched.length} changes are done.`,
    why,
    next: 'Fix the cause, then plan again: the state has what was done, so the new plan holds the rest. Nothing is rolled back automatically; ./lornu drift shows what differs.',
    output: [
      ...(error instanceof CliError ? (error.parts.output ?? []) : []),
      ...list('applied', done),
      ...list('failed', failed),
      ...list('begun, end unknown', unknown),
      ...list('not applied', untouched),
    ],
    // It is shown although the person has interrupted the command.
    ...(stopped ? { exitCode: EXIT.interrupted } : {}),
    cause: error,
  });
}

function list(title: string, addresses: readonly string[]): string[] {
  return addresses.length === 0
    ? []
    : [`${title} (${addresses.length}):`, ...addresses.map((address) => `  ${address}`)];
}
