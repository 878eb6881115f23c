import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import { mergeState, readState, setOwn, type StateMap } from '../state.ts';

/** The content of a session's document, as google-adk writes it. */
export interface SessionDocument {
  id: string;
  userId: string;
  state: StateMap;
  /** Increases by one with each event. */
  revision: number;
  /** Whether no event was ever stored, by the count of whoever wrote the session. */
  isNew: boolean;
  /** Time of the last write, in milliseconds. */
  updatedMs: number;
  updateTime: Timestamp | undefined;
  /** Differs if a session of the same id was deleted and created again. */
  generation: string;
  /** Firestore's own time of the last write. */
  writtenAt: Timestamp | undefined;
}

/** Undefined if there is no session, or only the rest of one that is being deleted. */
export function readSession(snapshot: DocumentSnapshot): SessionDocument | undefined {
  const data = snapshot.data();
  if (!data || data['status'] === 'DELETING') return undefined;
  const updateTime = data['updateTime'] instanceof Timestamp ? data['updateTime'] : undefined;
  return {
    id: String(data['id'] ?? snapshot.id),
    userId: String(data['userId'] ?? ''),
    state: readState(data['state']),
    revision: readRevision(data['revision']),
    isNew: data['revision'] === 0,
    updatedMs: updateTime ? toMs(updateTime) : 0,
    updateTime,
    generation: generationOf(snapshot),
    writtenAt: snapshot.updateTime,
  };
}

/** See SessionDocument. */
export const generationOf = ({ createTime }: DocumentSnapshot): string =>
  createTime ? String(toMs(createTime)) : '';

/** A stored value that is not a number counts as 0, as in google-adk. */
function readRevision(stored: unknown): number {
  const revision = Number(stored ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** States that the sessions of an app or of a user share. */
export interface SharedStates {
  app: StateMap;
  user: StateMap;
}

export function readSharedStates([app, user]: readonly DocumentSnapshot[]): SharedStates {
  return { app: readSharedState(app), user: readSharedState(user) };
}

/** `app:` or `user:` state: stored natively, so a Python writer may have put times and bytes into it. */
export function readSharedState(snapshot: DocumentSnapshot | undefined): StateMap {
  const state: StateMap = {};
  for (const [key, value] of Object.entries(snapshot?.data() ?? {})) setOwn(state, key, toJson(value));
  return state;
}

/** Converts such values as google-adk's routes print them. */
function toJson(value: unknown): unknown {
  if (value instanceof Timestamp) return toIso(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  const result: StateMap = {};
  for (const [key, inner] of Object.entries(value)) setOwn(result, key, toJson(inner));
  return result;
}

function toIso(time: Timestamp): string {
  const micros = Math.floor(time.nanoseconds / 1000);
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`;
  return `${new Date(time.seconds * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}

export function mergedState(session: StateMap, app: StateMap, user: StateMap): StateMap {
  return mergeState({ app, user, session });
}

/** Milliseconds, with whole microseconds as fraction. */
export function toMs(time: Timestamp): number {
  return time.seconds * 1000 + Math.round(time.nanoseconds / 1000) / 1000;
}

export function toTimestamp(ms: number): Timestamp {
  const micros = Math.round(ms * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  return new Timestamp(seconds, (micros - seconds * 1_000_000) * 1000);
}
