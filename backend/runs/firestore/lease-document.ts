import { Timestamp, type DocumentData, type DocumentSnapshot } from '@google-cloud/firestore';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';

/** What a lease's document says. */
export interface LeaseDocument {
  session: CompositeSessionKey;
  runId: string;
  /** The process that works on the run. */
  owner: string;
  /** Names this lease and no other; the field's name is shared with gcp-agent. */
  token: number;
  /** By Firestore's clock: nobody else's decides when a lease has run out. */
  until: Timestamp;
  /** Whether there is a run that another process can go on with; the turns of gcp-agent end with theirs. */
  canBeTakenOver: boolean;
  isCancelRequested: boolean;
  /** Runs that wait for their turn, the next one first. */
  queued: QueuedRun[];
  /** Of the run, as of the last renewal. */
  tokens: number;
  eventMs: number | undefined;
}

/** `bytes`: of its request. */
export interface QueuedRun {
  runId: string;
  bytes: number;
}

/** A lease that nobody takes up is forgotten after a day, so that its session is free again. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60_000;

/** Firestore deletes documents some time after their expireTime (docs/storage.md). */
export const expireTime = (ms: number): Timestamp => Timestamp.fromMillis(Math.round(ms));

/** Undefined where the session has no lease. */
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

/** `serverTime`: when the lease was read, by Firestore's clock. */
export function hasRunOut({ until }: LeaseDocument, serverTime: Timestamp): boolean {
  return until.valueOf() <= serverTime.valueOf();
}

/** Nobody goes on with it, nobody holds it and nobody waits: whoever wants the session may have it. */
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
