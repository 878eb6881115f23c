import { State } from '@google/adk';
import { AppError } from '../errors/app-error.ts';
import { storedObjectIfAny } from '../errors/stored-json.ts';

export type StateMap = Record<string, unknown>;

/** A state or delta, split by ADK's prefixes; `temp:` belongs to one turn and is never stored. */
export interface SplitState {
  app: StateMap;
  user: StateMap;
  session: StateMap;
}

/**
 * Splits a state; the keys in `app` and `user` have no prefix, as in ADK's own stores. Throws NOT_STORABLE for a key
 * that is only a prefix: Firestore has no field without a name.
 */
export function splitState(state: StateMap | undefined): SplitState {
  const split: SplitState = { app: {}, user: {}, session: {} };
  for (const [key, value] of Object.entries(state ?? {})) {
    if (key === State.APP_PREFIX || key === State.USER_PREFIX)
      throw new AppError('NOT_STORABLE', `The state has a key "${key}" without a name behind its prefix.`);
    if (key.startsWith(State.APP_PREFIX)) setOwn(split.app, key.slice(State.APP_PREFIX.length), value);
    else if (key.startsWith(State.USER_PREFIX))
      setOwn(split.user, key.slice(State.USER_PREFIX.length), value);
    else if (!key.startsWith(State.TEMP_PREFIX)) setOwn(split.session, key, value);
  }
  return split;
}

/**
 * Parses a stored state map. Empty if it is missing or not a JSON object, so that one damaged state does not break the
 * user's list of sessions.
 */
export function readState(stored: unknown): StateMap {
  if (typeof stored === 'string') return storedObjectIfAny(stored) ?? {};
  return typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? (stored as StateMap) : {};
}

/** The state as a session's reader sees it: its own, then `app:` and `user:` state with their prefixes. */
export function mergeState(split: SplitState): StateMap {
  const merged = split.session;
  for (const [key, value] of Object.entries(split.app)) merged[State.APP_PREFIX + key] = value;
  for (const [key, value] of Object.entries(split.user)) merged[State.USER_PREFIX + key] = value;
  return merged;
}

/** Moves `temp:` keys out of a delta and returns them. Changes the delta in place, as ADK's stores do. */
export function takeTemporary(delta: StateMap): StateMap {
  const temporary: StateMap = {};
  for (const key of Object.keys(delta)) {
    if (!key.startsWith(State.TEMP_PREFIX)) continue;
    temporary[key] = delta[key];
    delete delta[key];
  }
  return temporary;
}

/** Sets a key chosen by a caller: `__proto__` becomes an ordinary key instead of a prototype. */
export function setOwn(target: StateMap, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}

/** Sets the delta's keys in the target; returns the target. */
export function assignState(target: StateMap, delta: StateMap): StateMap {
  for (const [key, value] of Object.entries(delta)) setOwn(target, key, value);
  return target;
}

export const hasKeys = (state: StateMap): boolean => Object.keys(state).length > 0;

/**
 * Most bytes of each stored map, as JSON. `app:` and `user:` state is part of every session that is read and of each
 * row of a list, so their limits are lower. Python google-adk has no such limit.
 */
export const MAX_STATE_BYTES = { session: 768 * 1024, user: 128 * 1024, app: 128 * 1024 } as const;

/** Throws NOT_STORABLE if the map's JSON, as it would be stored, is too large for this kind of map. */
export function assertStateFits(map: keyof typeof MAX_STATE_BYTES, json: string): void {
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_STATE_BYTES[map]) return;
  const whose = { session: 'state of the session', user: '`user:` state', app: '`app:` state' }[map];
  throw new AppError(
    'NOT_STORABLE',
    `The ${whose} is too large: ${bytes} bytes, and at most ${MAX_STATE_BYTES[map]} are stored.`,
  );
}
