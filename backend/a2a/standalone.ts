import { AgentCard } from '@a2a-js/sdk';
import { type AgentExecutor, InMemoryTaskStore, type TaskStore } from '@a2a-js/sdk/server';
import { Hono } from 'hono';
import { LOCAL_PRINCIPAL, type Principal } from '../identity/principal.ts';
import type { Logger } from '../observability/logger.ts';
import { a2aFailure, a2aServer } from './server.ts';
import { TaskHandler } from './tasks/task-handler.ts';
import type { A2aEnv } from './wire/context.ts';
import { toKnownError } from './wire/errors.ts';
import { VERSIONS } from './wire/version.ts';
import { ByteBudget } from '../identity/limits/byte-budget.ts';

export interface StandaloneOptions {
  /** Public address for the card, without a trailing slash. */
  url: string;
  executor: AgentExecutor;
  /** Default: in memory. */
  tasks?: TaskStore;
  /** Fields that differ from the standard card, in decoded form. */
  card?: Partial<AgentCard>;
  /** The card for authenticated callers. Default: the public card. */
  extendedCard?: AgentCard;
  /** Identifies the caller. Default: everyone is the local caller. Throws AppError to refuse. */
  identify?: (request: Request) => Principal | Promise<Principal>;
  log?: Logger;
}

const APP = 'agent';
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const MEGABYTE = 1024 * 1024;

/**
 * An A2A server around any of the SDK's executors and task stores, at `<url>/a2a/agent`, for conformance kits and for
 * trying out an executor. It has no agents, runs or stores of the service; bindings, versions, errors and operations
 * are the same.
 */
export function standaloneServer(options: StandaloneOptions): {
  fetch: (request: Request) => Promise<Response>;
} {
  const {
    executor,
    tasks = new InMemoryTaskStore(),
    identify = () => LOCAL_PRINCIPAL,
    log = silent,
  } = options;
  const card = { ...standardCard(options.url), ...options.card };
  const handler = new TaskHandler({
    card: async () => card,
    extendedCard: async () => options.extendedCard ?? card,
    executor,
    tasks,
    log,
    now: Date.now,
  });
  const app = new Hono<A2aEnv>();
  app.use(async (context, next) => {
    context.set('principal', await identify(context.req.raw));
    await next();
  });
  app.route(
    '/',
    a2aServer({
      agents: new Map([[APP, { card: async () => card, handler }]]),
      defaultAppName: APP,
      body: { maxBytes: 32 * MEGABYTE, timeoutMs: 30_000 },
      budget: new ByteBudget({ callerBytes: 64 * MEGABYTE, processBytes: 128 * MEGABYTE }),
      pingMs: 15_000,
      log,
    }),
  );
  app.onError((error, context) => a2aFailure(context, toKnownError(error, log)));
  return { fetch: async (request) => app.fetch(request) };
}

function standardCard(url: string): AgentCard {
  const interfaces = VERSIONS.flatMap((protocolVersion) =>
    ['JSONRPC', 'HTTP+JSON'].map((protocolBinding) => ({
      url: `${url}/a2a/${APP}`,
      protocolBinding,
      protocolVersion,
    })),
  );
  return AgentCard.fromJSON({
    name: APP,
    description: 'An agent behind an executor.',
    version: '1',
    supportedInterfaces: interfaces,
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: APP, name: APP, description: 'Whatever its executor does.', tags: [APP] }],
  });
}
