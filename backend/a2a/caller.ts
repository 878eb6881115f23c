import { ServerCallContext, type User } from '@a2a-js/sdk/server';
import { LOCAL_PRINCIPAL, type Principal } from '../identity/principal.ts';

/** The verified caller as the SDK's `User`. */
class Caller implements User {
  readonly isAuthenticated: boolean;
  readonly userName: string;
  readonly principal: Principal;

  constructor(principal: Principal) {
    this.principal = principal;
    this.isAuthenticated = principal.role !== 'local';
    this.userName = userIdOf(principal);
  }
}

/**
 * ADK's user id of the caller, always taken from the verified identity. Nothing in a message (least of all its
 * contextId) can open another user's data.
 */
export function userIdOf({ userId, id }: Principal): string {
  return userId ?? id;
}

const DISCONNECTED = 'disconnected';

/** `disconnected` is aborted when the caller's connection ends. */
export function callContextOf(
  principal: Principal,
  version: string,
  disconnected?: AbortSignal,
): ServerCallContext {
  return new ServerCallContext({
    user: new Caller(principal),
    requestedVersion: version,
    ...(disconnected ? { state: new Map([[DISCONNECTED, disconnected]]) } : {}),
  });
}

/** The caller. A context that the service did not make belongs to an anonymous caller. */
export function principalOf({ user }: ServerCallContext): Principal {
  return user instanceof Caller ? user.principal : LOCAL_PRINCIPAL;
}

/** Aborted when the caller's connection ends. */
export function disconnectedSignalOf({ state }: ServerCallContext): AbortSignal | undefined {
  const disconnected = state.get(DISCONNECTED);
  return disconnected instanceof AbortSignal ? disconnected : undefined;
}
