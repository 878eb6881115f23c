import type { AgentCard } from '@a2a-js/sdk';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import { Hono } from 'hono';
import { AppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { ByteBudget } from '../identity/limits/byte-budget.ts';
import { type BodyLimits, holdBody } from '../web/read-body.ts';
import { cardAnswer } from './card/card-answer.ts';
import { KEYS_PATH } from './card/build-card.ts';
import type { PublicKeys } from './card/sign-card.ts';
import type { A2aContext, A2aEnv, BindingDeps } from './wire/context.ts';
import { type KnownError, toKnownError } from './wire/errors.ts';
import { answerJsonRpc, jsonRpcFailure } from './wire/json-rpc.ts';
import { mountLegacyRest } from './wire/legacy-rest.ts';
import { mountRest, restFailure } from './wire/rest.ts';

/** One agent as the server needs it: its cards and its request handler. */
export interface A2aAgent {
  card: () => Promise<AgentCard>;
  handler: A2ARequestHandler;
  /** Public keys that verify the card; left out if the card is not signed. */
  keys?: () => Promise<PublicKeys>;
}

export interface A2aServerOptions {
  /** By app name, the last path segment of an agent's address. */
  agents: ReadonlyMap<string, A2aAgent>;
  /** App whose card is also served at the root. */
  defaultAppName: string | undefined;
  body: BodyLimits;
  /** Limits the bytes of request bodies in flight. */
  budget: ByteBudget;
  /** Milliseconds between comment lines on an idle stream. */
  pingMs: number;
  log: Logger;
}

const CARD_PATHS = ['/.well-known/agent-card.json', '/.well-known/agent.json'];

/**
 * Serves A2A 1.0 and 0.3, over JSON-RPC and REST, for any agent. Callers must already be authenticated (`principal`).
 */
export function a2aServer({
  agents,
  defaultAppName,
  log,
  budget,
  ...limits
}: A2aServerOptions): Hono<A2aEnv> {
  const app = new Hono<A2aEnv>();
  const agentOf = (name: string | undefined): A2aAgent => {
    const agent = agents.get(name ?? '');
    if (!agent) throw new AppError('APP_NOT_FOUND', `Agent not found: ${(name ?? '').slice(0, 128)}`);
    return agent;
  };
  const deps: BindingDeps = {
    ...limits,
    log,
    handlerOf: (context) => agentOf(context.req.param('app')).handler,
  };

  const card = async (context: A2aContext, name: string | undefined): Promise<Response> => {
    try {
      return cardAnswer(context.req.raw, await agentOf(name).card());
    } catch (error) {
      return restFailure(context, toKnownError(error, log));
    }
  };
  for (const path of CARD_PATHS) {
    app.get(path, async (context) => card(context, defaultAppName ?? agents.keys().next().value));
    app.get(`/a2a/:app${path}`, async (context) => card(context, context.req.param('app')));
  }
  app.get(`/a2a/:app${KEYS_PATH}`, async (context) => {
    try {
      const keys = await agentOf(context.req.param('app')).keys?.();
      if (!keys) throw new AppError('ROUTE_NOT_FOUND', 'The agent cards are not signed here.');
      return context.json(keys, 200, { 'cache-control': 'public, max-age=300' });
    } catch (error) {
      return restFailure(context, toKnownError(error, log));
    }
  });
  app.use('/a2a/*', async (context, next) => {
    const held = holdBody(context.req.raw, limits.body, { budget, caller: context.get('principal').id });
    context.set('held', held);
    try {
      await next();
    } finally {
      held.release();
    }
  });
  // Some clients append a slash to every address.
  for (const path of ['/a2a/:app', '/a2a/:app/'])
    app.post(path, async (context) => answerJsonRpc(context, deps));
  mountRest(app, '/a2a/:app', deps);
  mountLegacyRest(app, '/a2a/:app', deps);
  app.all('/a2a/*', (context) => a2aFailure(context, new AppError('ROUTE_NOT_FOUND')));
  return app;
}

const JSON_RPC_PATH = /^\/a2a\/[^/]+\/?$/;

/** Renders an error that happened before a binding read the request, in the format of the binding that was called. */
export function a2aFailure(context: A2aContext, error: KnownError): Response {
  const isRpc = context.req.method === 'POST' && JSON_RPC_PATH.test(context.req.path);
  return isRpc ? jsonRpcFailure(context, error) : restFailure(context, error);
}
