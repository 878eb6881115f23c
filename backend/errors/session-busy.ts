import { AppError } from './app-error.ts';

/** The refusal of a writer beside a running run: names the run, so that the caller can listen to it or stop it. */
export function sessionBusy(runId: string): AppError {
  return new AppError('SESSION_BUSY', `This session has a run under way: ${runId}`, {
    headers: { 'retry-after': '5', 'lornu-run-id': runId },
  });
}
