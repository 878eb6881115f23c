import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import type { Lease, NewRun, RunRecord } from '../run-store.ts';
import type { RunRows, RunStatements } from './run-tables.ts';

/** A run that may begin, and its session as it was then. */
export interface FoundRun {
  record: RunRecord & NewRun;
  row: number;
  updatedUs: number;
}

/** Reads whether a run may begin. Throws as RunStore.begin does. */
export function findRun(statements: RunStatements, run: NewRun): FoundRun {
  const row = statements.session.get(run.session);
  if (!row) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${run.session.sessionId}`);
  if (row.run_id !== null) throw sessionBusy(row.run_id);
  const record = {
    ...run,
    state: 'running' as const,
    begunAfterMs: row.updated_us / 1000,
    takeovers: 0,
    isCancelRequested: false,
  };
  return { record, row: row.row_id, updatedUs: row.updated_us };
}

/**
 * Stores the run and its lease. Throws as RunStore.begin does, or SESSION_CHANGED if somebody has written to the session
 * since it was found.
 */
export function storeRun(
  statements: RunStatements,
  { record, row, updatedUs }: FoundRun,
  lease: Lease & { expiresMs: number },
  request: string,
): RunRows {
  const { id: runId, owner, invocationId, startedMs } = record;
  const { token, expiresMs } = lease;
  if (statements.beginLease.run({ row, updatedUs, token, runId, owner, expiresMs }).changes === 0) {
    findRun(statements, record);
    throw new AppError('SESSION_CHANGED');
  }
  const { lastInsertRowid } = statements.insertRun.run({
    runId,
    row,
    invocationId,
    request,
    begunAfterUs: updatedUs,
    owner,
    startedMs: Math.round(startedMs),
  });
  return { run: Number(lastInsertRowid), session: row };
}
