import { AppError } from './app-error.ts';

const RETRY_AFTER = { 'retry-after': '5' };

/**
 * Refuses a write to a session with a running run and names the run, so that the caller can listen to it or cancel it.
 * The run id is undefined if another service holds the lease, as its runs are not known here.
 */
export function sessionBusy(runId: string | undefined): AppError {
  if (runId === undefined) {
    const detail = 'This session has a turn under way at another service.';
    return new AppError('SESSION_BUSY', detail, { headers: RETRY_AFTER });
  }
  return new AppError('SESSION_BUSY', `This session has a run under way: ${runId}`, {
    headers: { ...RETRY_AFTER, 'lornu-run-id': runId },
  });
}

/** Refuses a message to an A2A task that is queued or running. */
export function taskBusy(): AppError {
  return new AppError('SESSION_BUSY', 'The task is being worked on: wait for it, or cancel it.', {
    headers: RETRY_AFTER,
  });
}
