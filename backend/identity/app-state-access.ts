import { State } from '@google/adk';
import { AppError } from '../errors/app-error.ts';
import type { Principal, Role } from './principal.ts';

/** Roles that may change state shared by all users of an app. */
const WRITERS: readonly Role[] = ['local', 'service'];

/** Checks the state that a caller sends for an app. Throws CALLER_NOT_ALLOWED. */
export type AssertMayWriteState = (
  caller: Principal,
  appName: string,
  state: Readonly<Record<string, unknown>> | undefined,
) => void;

/**
 * `app:` state is part of every session of an app, for all users, and agents put it into their instructions, so only
 * services and agents may write it. Requests of a person or a peer that set it are refused as a whole, except for the
 * given apps.
 */
export function appStateAccess(appsOpenToPeople: readonly string[]): AssertMayWriteState {
  return (caller, appName, state) => {
    if (WRITERS.includes(caller.role)) return;
    if (caller.role === 'person' && appsOpenToPeople.includes(appName)) return;
    const key = Object.keys(state ?? {}).find((name) => name.startsWith(State.APP_PREFIX));
    if (key === undefined) return;
    throw new AppError(
      'CALLER_NOT_ALLOWED',
      `${key.slice(0, 100)} is state of the whole app, which people may not change: use user: or the session's own state.`,
    );
  };
}
