import type { Firestore } from '../../firestore/client/firestore.ts';
import type { CollectionReference, DocumentReference } from '../../firestore/client/references.ts';
import { AppError } from '../../errors/app-error.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import type { CompositeSessionKey } from '../session-store.ts';

/** The collections of google-adk's Firestore session service, under their default names. */
export const SESSIONS = 'sessions';
const ROOT = 'adk-session';
const USERS = 'users';
const EVENTS = 'events';
const APP_STATES = 'app_states';
const USER_STATES = 'user_states';

type Owner = Pick<CompositeSessionKey, 'appName' | 'userId'>;

export function sessionsOf(db: Firestore, { appName, userId }: Owner): CollectionReference {
  return db.collection(ROOT).doc(appName).collection(USERS).doc(userId).collection(SESSIONS);
}

export function sessionOf(db: Firestore, key: CompositeSessionKey): DocumentReference {
  return sessionsOf(db, key).doc(key.sessionId);
}

export function eventsOf(session: DocumentReference): CollectionReference {
  return session.collection(EVENTS);
}

export function appStateOf(db: Firestore, appName: string): DocumentReference {
  return db.collection(APP_STATES).doc(appName);
}

export function userStateOf(db: Firestore, { appName, userId }: Owner): DocumentReference {
  return db.collection(USER_STATES).doc(appName).collection(USERS).doc(userId);
}

/** Whether such a session can exist. */
export function isKey({ appName, userId, sessionId }: CompositeSessionKey): boolean {
  return [appName, userId, sessionId].every(isDocumentId);
}

/** Throws NOT_STORABLE. */
export function assertKey(key: CompositeSessionKey): void {
  if (isKey(key)) return;
  const detail =
    'The session store takes no name that is ".", "..", like "__x__", longer than 1,500 bytes, or holds a slash.';
  throw new AppError('NOT_STORABLE', detail);
}
