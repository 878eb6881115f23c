import type { TurnRequest } from '../../turn/turn-request.ts';
import { storedObjectIfAny } from '../../errors/stored-json.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import { FieldValue, type Timestamp } from '../../firestore/client/special-values.ts';
import type { DocumentData } from '../../firestore/client/values.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import type { EndState, TokenUse } from '../run.ts';
import type { RunRecord } from '../run-store.ts';
import { later } from './lease-document.ts';
import { sessionName } from './paths.ts';

/** How long a run whose lease nobody took can be read. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60_000;
/**
 * Of a larger request only the trace is stored: if its message was not stored either, no other process can begin such a
 * turn again. A queued run's request is always stored; MOST_QUEUED_BYTES limits it.
 */
const LONGEST_REQUEST = 250_000;

/** `serverTime`: by Firestore's clock, which decides how long documents are kept. */
export function newRun({ session, ...run }: RunRecord, serverTime: Timestamp): DocumentData {
  const { appName, userId, sessionId } = session;
  const whole = JSON.stringify(run.request);
  const isKept = run.state !== 'running' || whole.length <= LONGEST_REQUEST;
  const { streaming = true, traceparent } = run.request ?? {};
  const request = isKept ? whole : traceparent && JSON.stringify({ ...session, streaming, traceparent });
  return {
    session: sessionName(session),
    appName,
    userId,
    sessionId,
    invocationId: run.invocationId,
    state: run.state,
    ...(request === undefined ? {} : { request }),
    begunAfterMs: run.begunAfterMs,
    owner: run.owner,
    takeovers: run.takeovers,
    startedMs: run.startedMs,
    expireTime: later(serverTime, FORGOTTEN_AFTER_MS),
  };
}

/** The fields that change at a run's end. */
export function ended(
  { state, usage, nowMs }: { state: EndState; usage?: TokenUse | undefined; nowMs: number },
  serverTime: Timestamp,
  keepMs: number,
): DocumentData {
  return {
    state,
    ...(usage ? { usage } : {}),
    endedMs: Math.round(nowMs),
    request: FieldValue.delete(),
    expireTime: later(serverTime, keepMs),
  };
}

/** Undefined if the run is not stored, or has expired and Firestore has not deleted it yet. */
export function readRun(snapshot: DocumentSnapshot): RunRecord | undefined {
  const data = snapshot.data();
  if (!data || data['expireTime'].valueOf() <= snapshot.readTime.valueOf()) return undefined;
  const session: CompositeSessionKey = {
    appName: data['appName'],
    userId: data['userId'],
    sessionId: data['sessionId'],
  };
  return {
    id: snapshot.id,
    session,
    invocationId: data['invocationId'],
    state: data['state'],
    request:
      data['request'] === undefined
        ? undefined
        : (storedObjectIfAny(data['request']) as TurnRequest | undefined),
    begunAfterMs: data['begunAfterMs'],
    owner: data['owner'],
    takeovers: data['takeovers'],
    isCancelRequested: false,
    startedMs: data['startedMs'],
    ...(data['endedMs'] === undefined ? {} : { endedMs: data['endedMs'] }),
    ...(data['usage'] === undefined ? {} : { usage: data['usage'] as TokenUse }),
  };
}
