import { charsOf } from '../json/chars-of.ts';
import { assertRoomFor, type SessionStore } from '../sessions/session-store.ts';
import type { AssertMayWriteState } from '../identity/app-state-access.ts';
import type { ByteBudget } from '../identity/limits/byte-budget.ts';
import type { Logger } from '../observability/logger.ts';
import type { Run, RunService, TurnRequest } from './run.ts';
import type { Principal } from '../identity/principal.ts';
import type { CallerLimits } from '../identity/limits/caller-limits.ts';

/**
 * Starts a turn for a caller. Throws AppError: LIMIT_REACHED, MAINTENANCE, NOT_STORABLE, or what RunService.start
 * throws.
 */
export type StartTurn = (caller: Principal, turn: TurnRequest) => Promise<Run>;

/**
 * Starts turns within the callers' limits. A turn holds its slot, and the bytes of its message and session, until it
 * has ended, with or without listeners.
 */
export function createAdmission(
  runs: RunService,
  limits: CallerLimits | undefined,
  budget: ByteBudget,
  sessions: Pick<SessionStore, 'historyBytes'>,
  assertMayWriteState: AssertMayWriteState,
  /** Throws while new turns are refused. */
  assertOpen: () => Promise<void>,
  log: Logger,
): StartTurn {
  async function settle(caller: Principal, run: Run, close: () => void): Promise<void> {
    await run.ended;
    close();
    limits?.addTokens(caller, run.tokens.total);
  }

  return async (caller, turn) => {
    assertMayWriteState(caller, turn.appName, turn.stateDelta);
    const open = assertOpen();
    // The run waits for it, if it comes so far.
    open.catch(() => undefined);
    const stored = sessions.historyBytes(turn);
    // Checked before the turn begins, because the store would refuse it in the middle of the turn.
    assertRoomFor({ author: 'user', content: turn.newMessage }, stored);
    const bytes = charsOf(turn) + stored;
    const held = budget.hold(caller.id, Math.min(bytes, budget.callerBytes));
    let closeStream: (() => void) | undefined;
    const close = () => {
      held.release();
      closeStream?.();
    };
    let run: Run;
    try {
      closeStream = limits?.openStream(caller);
      run = await runs.start(turn, open);
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
