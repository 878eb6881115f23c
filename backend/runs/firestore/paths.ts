import type { Firestore } from '../../firestore/client/firestore.ts';
import type { CollectionReference, DocumentReference } from '../../firestore/client/references.ts';
import { createHash } from 'node:crypto';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';

/**
 * Collections beside google-adk's. None of them or their subcollections is named sessions or events, which google-adk
 * queries over the whole database. gcp-agent writes to the same leases (gcp_agent/leases.py).
 */
const LEASES = 'lornu_leases';
const RUNS = 'lornu_runs';
const FRAMES = 'lornu_frames';
const REVISIONS = 'lornu_revisions';
const SPEND = 'lornu_spend';
const SERVICE = 'lornu_service';

/** A session's name as one path segment; Firestore ensures that none of its parts contains a slash. */
export function sessionName({ appName, userId, sessionId }: CompositeSessionKey): string {
  return createHash('sha256').update(`${appName}/${userId}/${sessionId}`).digest('hex');
}

export function leasesOf(db: Firestore): CollectionReference {
  return db.collection(LEASES);
}

export function leaseOf(db: Firestore, session: CompositeSessionKey): DocumentReference {
  return leasesOf(db).doc(sessionName(session));
}

/** The heartbeat of a process. It is among the leases, so that one query finds the next of both that expires. */
export function heartbeatOf(db: Firestore, owner: string): DocumentReference {
  return leasesOf(db).doc(`process-${owner}`);
}

export function runsOf(db: Firestore): CollectionReference {
  return db.collection(RUNS);
}

export function framesOf(run: DocumentReference): CollectionReference {
  return run.collection(FRAMES);
}

export function spendOf(db: Firestore): CollectionReference {
  return db.collection(SPEND);
}

export function revisionsOf(db: Firestore): CollectionReference {
  return db.collection(REVISIONS);
}

/** The document that exists while new turns are refused. */
export function maintenanceOf(db: Firestore): DocumentReference {
  return db.collection(SERVICE).doc('maintenance');
}
