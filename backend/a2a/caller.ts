import { ServerCallContext, type User } from '@a2a-js/sdk/server';
import { LOCAL_PRINCIPAL, type Principal } from '../identity/principal.ts';

/** The verified caller in the form that the SDK's parts expect. */
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
 * ADK's user id of a caller: always the caller's own. Whatever a message says of itself (its contextId above all) never
 * opens what belongs to somebody else.
 */
export function userIdOf({ userId, id }: Principal): string {
  return userId ?? id;
}

const LEFT = 'left';

/** `left` is aborted when the caller's connection ends. */
export function callContextOf(principal: Principal, version: string, left?: AbortSignal): ServerCallContext {
  return new ServerCallContext({
    user: new Caller(principal),
    requestedVersion: version,
    ...(left ? { state: new Map([[LEFT, left]]) } : {}),
  });
}

/** Who calls; whoever made the context without us is nobody in particular. */
export function principalOf({ user }: ServerCallContext): Principal {
  return user instanceof Caller ? user.principal : LOCAL_PRINCIPAL;
}

/** Aborted when the caller's connection ends. */
export function leftSignalOf({ state }: ServerCallContext): AbortSignal | undefined {
  const left = state.get(LEFT);
  return left instanceof AbortSignal ? left : undefined;
}
