import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import type { DocumentData } from '../../firestore/client/values.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';

/** The content of a lease's document. */
export interface LeaseDocument {
  session: CompositeSessionKey;
  runId: string;
  /** The process that executes the run. */
  owner: string;
  /** Identifies this lease and no other; gcp-agent uses the same field name. */
  token: number;
  /** By Firestore's clock, which alone decides when a lease has expired. */
  until: Timestamp;
  /** Whether another process can continue the run; turns of gcp-agent end with their process. */
  canBeTakenOver: boolean;
  isCancelRequested: boolean;
  /** Runs that wait for their turn, the next one first. */
  queued: QueuedRun[];
  /** Tokens of the run at the last renewal. */
  tokens: number;
  eventMs: number | undefined;
}

/** `bytes`: size of its request. */
export interface QueuedRun {
  runId: string;
  bytes: number;
}

/** An expired lease that nobody takes is dropped after a day, so that its session is free again. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60_000;

/** Firestore deletes documents some time after their expireTime (docs/storage.md). */
export const expireTime = (ms: number): Timestamp => Timestamp.fromMillis(Math.round(ms));

/** Undefined if the session has no lease. */
export function readLease(snapshot: DocumentSnapshot): LeaseDocument | undefined {
  const data = snapshot.data();
  if (!data) return undefined;
  return {
    session: { appName: data['appName'], userId: data['userId'], sessionId: data['sessionId'] },
    runId: data['runId'],
    owner: data['owner'],
    token: data['fence'],
    until: data['until'],
    canBeTakenOver: data['canBeTakenOver'] === true,
    isCancelRequested: data['cancelRequested'] === true,
    queued: data['queued'] ?? [],
    tokens: data['tokens'] ?? 0,
    eventMs: data['eventMs'],
  };
}

/** `serverTime`: Firestore's time when the lease was read. */
export function hasRunOut({ until }: Pick<LeaseDocument, 'until'>, serverTime: Timestamp): boolean {
  return until.valueOf() <= serverTime.valueOf();
}

/** Whether anyone may take the session: no run can be continued, nobody holds it and nobody waits. */
export function isFree(lease: LeaseDocument | undefined, serverTime: Timestamp): boolean {
  return !lease || (!lease.canBeTakenOver && lease.queued.length === 0 && hasRunOut(lease, serverTime));
}

export function newLease(
  { session, runId, owner, token }: Pick<LeaseDocument, 'session' | 'runId' | 'owner' | 'token'>,
  leaseMs: number,
  serverTime: Timestamp,
): DocumentData {
  const { appName, userId, sessionId } = session;
  return {
    appName,
    userId,
    sessionId,
    runId,
    owner,
    fence: token,
    until: later(serverTime, leaseMs),
    canBeTakenOver: true,
    cancelRequested: false,
    expireTime: later(serverTime, FORGOTTEN_AFTER_MS),
  };
}

export function later(time: Timestamp, ms: number): Timestamp {
  return Timestamp.fromMillis(time.toMillis() + Math.round(ms));
}
