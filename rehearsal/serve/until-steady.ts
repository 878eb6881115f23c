import { CliError } from '@lornu/ops/base/cli-error.ts';
import { type RunnerEvent, describeEvent } from '../tasks/task-event.ts';

/** Resolves when the service has reached its steady state; rejects if its first deployment fails or takes too long. */
export async function untilSteady(
  events: readonly RunnerEvent[],
  listeners: Set<(event: RunnerEvent) => void>,
  failed: Promise<never>,
  { withinMs, signal, said }: { withinMs: number; signal: AbortSignal; said: () => readonly string[] },
): Promise<void> {
  const isSteady = (event: RunnerEvent): boolean =>
    event.what === 'service' && event.message.endsWith('has reached a steady state.');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (event: RunnerEvent): void => {
    if (isSteady(event)) resolve();
    if (event.what === 'service' && event.message.includes('deployment failed'))
      reject(notHealthy(events, 'Its deployment failed', said()));
  };
  const timer = setTimeout(
    () => reject(notHealthy(events, `${withinMs / 1000} s were not enough`, said())),
    withinMs,
  );
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  listeners.add(look);
  if (events.some(isSteady)) resolve();
  try {
    await Promise.race([promise, failed]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    listeners.delete(look);
  }
}

function notHealthy(events: readonly RunnerEvent[], why: string, said: readonly string[]): CliError {
  const stopped = events.findLast((event) => event.what === 'stopped');
  return new CliError({
    what: "The service's tasks do not become healthy.",
    why:
      stopped && 'detail' in stopped && stopped.detail
        ? `${why}; the last one ended: ${stopped.detail}`
        : why,
    next: 'Fix what the lines above report: the image, a secret, or a variable of terraform/aws/staging.',
    output: [...events.slice(-10).map(describeEvent), ...said.slice(-10)],
  });
}
