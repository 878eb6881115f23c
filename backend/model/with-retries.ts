import { type StartedAnswer, NO_ANSWER } from './started-answer.ts';
import { ModelError } from './model-error.ts';
import { DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUTS, type ModelSettings } from './model-settings.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** A longer pause in RetryInfo is left to the caller. */
const LONGEST_ASKED_MS = 30_000;

/**
 * Retries a call that failed before its answer began. Follows RetryInfo; without it the pauses double, with jitter. All
 * attempts share one deadline (`timeouts.answerMs`): each is given the remaining milliseconds.
 */
export async function withRetries<T>(
  settings: Pick<ModelSettings, 'maxRetries' | 'log' | 'sleep' | 'timeouts'>,
  signal: AbortSignal | undefined,
  call: (withinMs: number) => Promise<StartedAnswer<T>>,
): Promise<StartedAnswer<T>> {
  const maxRetries = settings.maxRetries ?? DEFAULT_MAX_RETRIES;
  const giveUpAt = performance.now() + (settings.timeouts?.answerMs ?? DEFAULT_TIMEOUTS.answerMs);
  for (let retry = 0; ; retry++) {
    try {
      return await call(giveUpAt - performance.now());
    } catch (error) {
      if (signal?.aborted || !(error instanceof ModelError) || !error.isRetryable) throw error;
      const pauseMs = error.retryAfterMs ?? backoffMs(retry);
      const isTooLate = performance.now() + pauseMs >= giveUpAt;
      if (retry >= maxRetries || pauseMs > LONGEST_ASKED_MS || isTooLate) throw error;
      settings.log?.warn('The model is asked again', {
        code: error.code,
        status: error.status,
        retry: retry + 1,
        pauseMs,
      });
      await (settings.sleep ?? abortableSleep)(pauseMs, signal);
      if (signal?.aborted) return NO_ANSWER;
    }
  }
}

function backoffMs(retry: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** retry, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
}

/** Sleeps; returns early when the signal aborts. */
export function abortableSleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
