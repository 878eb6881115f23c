import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import type { Context } from 'hono';
import type { IdentityBindings, IdentityVariables } from '../../identity/identify-caller.ts';
import type { Held } from '../../identity/limits/byte-budget.ts';
import type { Logger } from '../../observability/logger.ts';
import type { BodyLimits } from '../../web/read-body.ts';
import { callContextOf } from '../caller.ts';
import type { Version } from './version.ts';

export type A2aEnv = {
  Variables: IdentityVariables & { requestId: string; traceId: string; held?: Held };
  Bindings: IdentityBindings;
};
export type A2aContext = Context<A2aEnv>;

/** Dependencies of both bindings. */
export interface BindingDeps {
  /** The handler of the app in the path. Throws AppError if there is none. */
  handlerOf(context: A2aContext): A2ARequestHandler;
  body: BodyLimits;
  pingMs: number;
  log: Logger;
}

/** The call as the SDK's ServerCallContext. `disconnected` cancels work that only the caller waits for. */
export function toCallContext(
  context: A2aContext,
  version: Version,
  disconnected: AbortController,
): ServerCallContext {
  return callContextOf(context.get('principal'), version, disconnected.signal);
}
