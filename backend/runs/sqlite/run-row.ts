import { storedObjectIfAny } from '../../errors/stored-json.ts';
import type { TurnRequest } from '../../turn/turn-request.ts';
import type { RunState, TokenUse } from '../run.ts';
import type { RunRecord } from '../run-store.ts';

export interface RunRow {
  id: string;
  app_name: string;
  user_id: string;
  session_id: string;
  invocation_id: string;
  state: RunState;
  request: string | null;
  begun_after_us: number;
  owner: string;
  takeovers: number;
  cancel_requested: number;
  started_ms: number;
  ended_ms: number | null;
  usage: string | null;
}

export function toRecord(row: RunRow): RunRecord {
  const usage = row.usage === null ? undefined : storedObjectIfAny(row.usage);
  return {
    id: row.id,
    session: { appName: row.app_name, userId: row.user_id, sessionId: row.session_id },
    invocationId: row.invocation_id,
    state: row.state,
    request: row.request === null ? undefined : (storedObjectIfAny(row.request) as TurnRequest | undefined),
    begunAfterMs: row.begun_after_us / 1000,
    owner: row.owner,
    takeovers: row.takeovers,
    isCancelRequested: row.cancel_requested === 1,
    startedMs: row.started_ms,
    ...(row.ended_ms === null ? {} : { endedMs: row.ended_ms }),
    ...(usage ? { usage: usage as unknown as TokenUse } : {}),
  };
}

export const toRecordIfAny = (row: RunRow | null): RunRecord | undefined => (row ? toRecord(row) : undefined);
