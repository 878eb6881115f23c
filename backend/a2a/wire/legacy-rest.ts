import { AgentCard, StreamResponse } from '@a2a-js/sdk';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import type { Hono } from 'hono';
import { hybridCard } from '../card/legacy-card.ts';
import { type A2aContext, type A2aEnv, type BindingDeps, toCallContext } from './context.ts';
import { failureHeaders, type KnownError, toJsonRpc, toKnownError, toRest } from './errors.ts';
import {
  pushConfigFromLegacy,
  pushConfigToLegacy,
  responseToLegacy,
  sendRequestFromLegacy,
  taskToLegacy,
} from './legacy-json.ts';
import { CALLS, STREAMS } from './operations.ts';
import { isObject } from '../../json/is-object.ts';
import { readJson } from './read-json.ts';
import { streamAnswer } from './stream-answer.ts';
import { versionOf } from './version.ts';

type Json = Record<string, unknown>;

interface LegacyCall {
  handler: A2ARequestHandler;
  call: ServerCallContext;
  disconnected: AbortController;
  context: A2aContext;
  /** The body; an empty object if there is none. */
  body: Json;
  path: Record<string, string>;
}

type Answer = (given: LegacyCall, deps: BindingDeps) => Promise<Response>;

const CONFIGS = '/tasks/:taskId{[^/:]+}/pushNotificationConfigs';

const ROUTES: readonly { methods: ('GET' | 'POST' | 'DELETE')[]; path: string; answer: Answer }[] = [
  {
    methods: ['GET'],
    path: '/card',
    answer: async ({ handler, call }) => {
      const card = await handler.getAuthenticatedExtendedAgentCard({ tenant: '' }, call);
      const { securityRequirements: security } = AgentCard.toJSON(card) as Json;
      return json({ ...hybridCard(card), ...(security === undefined ? {} : { security }) });
    },
  },
  {
    methods: ['POST'],
    path: '/message:send',
    answer: async ({ handler, call, body }) =>
      json(responseToLegacy(await CALLS.SendMessage(handler, sendRequestFromLegacy(body), call))),
  },
  {
    methods: ['POST'],
    path: '/message:stream',
    answer: async (given, parts) =>
      stream(
        given,
        parts,
        STREAMS.SendStreamingMessage(given.handler, sendRequestFromLegacy(given.body), given.call),
      ),
  },
  {
    methods: ['POST'],
    path: '/tasks/:id{[^/:]+:cancel}',
    answer: async ({ handler, call, path }) => task(await CALLS.CancelTask(handler, path, call)),
  },
  {
    methods: ['GET', 'POST'],
    path: '/tasks/:id{[^/:]+:subscribe}',
    answer: async (given, parts) =>
      stream(given, parts, STREAMS.SubscribeToTask(given.handler, given.path, given.call)),
  },
  {
    methods: ['GET'],
    path: '/tasks/:id{[^/:]+}',
    answer: async ({ handler, call, path, context }) => {
      const historyLength = context.req.query('historyLength') ?? context.req.query('history_length');
      return task(
        await CALLS.GetTask(handler, { ...path, ...(historyLength ? { historyLength } : {}) }, call),
      );
    },
  },
  {
    methods: ['POST'],
    path: CONFIGS,
    answer: async ({ handler, call, body, path }) => {
      const config = { ...pushConfigFromLegacy(body), ...path };
      return json(
        pushConfigToLegacy((await CALLS.CreateTaskPushNotificationConfig(handler, config, call)) as Json),
        201,
      );
    },
  },
  {
    methods: ['GET'],
    path: CONFIGS,
    answer: async ({ handler, call, path }) => {
      const { configs = [] } = (await CALLS.ListTaskPushNotificationConfigs(handler, path, call)) as {
        configs?: Json[];
      };
      return json({ configs: configs.map(pushConfigToLegacy) });
    },
  },
  {
    methods: ['GET'],
    path: `${CONFIGS}/:id`,
    answer: async ({ handler, call, path }) =>
      json(pushConfigToLegacy((await CALLS.GetTaskPushNotificationConfig(handler, path, call)) as Json)),
  },
  {
    methods: ['DELETE'],
    path: `${CONFIGS}/:id`,
    answer: async ({ handler, call, path }) => {
      await CALLS.DeleteTaskPushNotificationConfig(handler, path, call);
      return new Response(null, { status: 204 });
    },
  },
];

/** A2A 0.3 over REST, below `base`/v1. */
export function mountLegacyRest(app: Hono<A2aEnv>, base: string, deps: BindingDeps): void {
  for (const { methods, path, answer } of ROUTES)
    app.on(methods, `${base}/v1${path}`, async (context) => {
      try {
        return await answer(await givenBy(context, deps), deps);
      } catch (error) {
        return legacyFailure(context, toKnownError(error, deps.log));
      }
    });
}

async function givenBy(context: A2aContext, deps: BindingDeps): Promise<LegacyCall> {
  const handler = deps.handlerOf(context);
  const version = versionOf(context.req.raw);
  if (version !== '0.3')
    throw new VersionNotSupportedError(`A2A ${version} is not served below /v1: leave /v1 out of the path.`);
  const body = context.req.method === 'POST' ? await readJson(context, deps.body) : undefined;
  const { app: _app, ...path } = context.req.param() as Record<string, string>;
  const id = path['id']?.replace(/:(cancel|subscribe)$/, '');
  const disconnected = new AbortController();
  return {
    handler,
    call: toCallContext(context, version, disconnected),
    disconnected,
    context,
    body: isObject(body) ? body : {},
    path: { ...path, ...(id === undefined ? {} : { id }) },
  };
}

async function stream(
  { disconnected, context }: LegacyCall,
  { pingMs, log }: BindingDeps,
  events: AsyncGenerator<StreamResponse, void, undefined>,
): Promise<Response> {
  return streamAnswer(events, {
    encode: (event) => responseToLegacy(StreamResponse.toJSON(event) as Json),
    encodeError: (error) => toJsonRpc(toKnownError(error, log)),
    pingMs,
    disconnected,
    signal: context.req.raw.signal,
  });
}

const task = (found: unknown): Response => json(taskToLegacy(found as Json));

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

/** An error in 0.3's form: the body is the JSON-RPC error. */
function legacyFailure(context: A2aContext, error: KnownError): Response {
  const { status } = toRest(error);
  const headers = { 'content-type': 'application/json', ...failureHeaders(error) };
  return context.newResponse(JSON.stringify(toJsonRpc(error)), status as 400, headers);
}
