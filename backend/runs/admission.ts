import type { Logger } from '../observability/logger.ts';
import type { Run, RunService, TurnRequest } from './run.ts';
import type { Principal } from '../identity/principal.ts';
import type { CallerLimits } from '../identity/limits/caller-limits.ts';

/** Begins a turn for a caller. Throws AppError: LIMIT_REACHED, or what RunService.start throws. */
export type StartTurn = (caller: Principal, turn: TurnRequest) => Promise<Run>;

/** Begins turns within the callers' limits; a turn holds its place until it has ended, listened to or not. */
export function createAdmission(runs: RunService, limits: CallerLimits | undefined, log: Logger): StartTurn {
  if (limits === undefined) return async (_caller, turn) => runs.start(turn);

  async function settle(caller: Principal, run: Run, close: () => void): Promise<void> {
    await run.ended;
    close();
    limits?.addTokens(caller, run.tokens.total);
  }

  return async (caller, turn) => {
    const close = limits.openStream(caller);
    let run: Run;
    try {
      run = await runs.start(turn);
    } catch (error) {
      close();
      throw error;
    }
    settle(caller, run, close).catch((error: unknown) =>
      log.error('tokens of a run were not counted', { runId: run.id, error }),
    );
    return run;
  };
}
