import { A2A_CONTENT_TYPE, StreamResponse } from '@a2a-js/sdk';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import type { Hono } from 'hono';
import { type A2aContext, type A2aEnv, type BindingDeps, toCallContext } from './context.ts';
import { failureHeaders, type KnownError, toKnownError, toRest } from './errors.ts';
import { type CallName, CALLS, type StreamName, STREAMS } from './operations.ts';
import { isObject } from '../../json/is-object.ts';
import { readJson } from './read-json.ts';
import { streamAnswer } from './stream-answer.ts';
import { versionOf } from './version.ts';

type Json = Record<string, unknown>;

/** The path of a 1.0 operation below its app's address; path and query parameters become fields of the request. */
interface RestRoute {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  operation: CallName | StreamName;
  status?: number;
}

const TASK = '/tasks/:id{[^/:]+}';
const CONFIGS = '/tasks/:taskId{[^/:]+}/pushNotificationConfigs';

const ROUTES: readonly RestRoute[] = [
  { method: 'POST', path: '/message:send', operation: 'SendMessage' },
  { method: 'POST', path: '/message:stream', operation: 'SendStreamingMessage' },
  { method: 'GET', path: '/tasks', operation: 'ListTasks' },
  { method: 'GET', path: TASK, operation: 'GetTask' },
  { method: 'POST', path: '/tasks/:id{[^/:]+:cancel}', operation: 'CancelTask' },
  { method: 'POST', path: '/tasks/:id{[^/:]+:subscribe}', operation: 'SubscribeToTask' },
  { method: 'GET', path: '/tasks/:id{[^/:]+:subscribe}', operation: 'SubscribeToTask' },
  { method: 'POST', path: CONFIGS, operation: 'CreateTaskPushNotificationConfig', status: 201 },
  { method: 'GET', path: CONFIGS, operation: 'ListTaskPushNotificationConfigs' },
  { method: 'GET', path: `${CONFIGS}/:id`, operation: 'GetTaskPushNotificationConfig' },
  { method: 'DELETE', path: `${CONFIGS}/:id`, operation: 'DeleteTaskPushNotificationConfig', status: 204 },
  { method: 'GET', path: '/extendedAgentCard', operation: 'GetExtendedAgentCard' },
];

/** A2A 1.0 over REST, below `base`. */
export function mountRest(app: Hono<A2aEnv>, base: string, deps: BindingDeps): void {
  for (const route of ROUTES)
    app.on(route.method, `${base}${route.path}`, async (context) => {
      try {
        return await answer(route, context, deps);
      } catch (error) {
        return restFailure(context, toKnownError(error, deps.log));
      }
    });
}

async function answer(route: RestRoute, context: A2aContext, deps: BindingDeps): Promise<Response> {
  const handler = deps.handlerOf(context);
  const version = versionOf(context.req.raw);
  if (version === '0.3')
    throw new VersionNotSupportedError(
      'A2A 0.3, which a request without A2A-Version asks for, is served below /v1: send A2A-Version: 1.0.',
    );
  const params = await paramsOf(route, context, deps);
  const disconnected = new AbortController();
  const call = toCallContext(context, version, disconnected);
  if (isStreamed(route.operation)) {
    return streamAnswer(STREAMS[route.operation](handler, params, call), {
      encode: (event) => StreamResponse.toJSON(event),
      encodeError: (error) => toRest(toKnownError(error, deps.log)).body,
      pingMs: deps.pingMs,
      disconnected,
      signal: context.req.raw.signal,
    });
  }
  const result = await CALLS[route.operation](handler, params, call);
  return restJson(context, result, route.status ?? 200);
}

/** Path parameters take precedence over the query and the body. */
async function paramsOf(
  { method, operation }: RestRoute,
  context: A2aContext,
  deps: BindingDeps,
): Promise<Json> {
  const { app: _app, ...inPath } = context.req.param() as Record<string, string>;
  const body = method === 'POST' ? await readJson(context, deps.body) : undefined;
  const query = method === 'GET' ? queryOf(context, operation) : {};
  const id = inPath['id']?.replace(/:(cancel|subscribe)$/, '');
  return { ...(isObject(body) ? body : {}), ...query, ...inPath, ...(id === undefined ? {} : { id }) };
}

function queryOf(context: A2aContext, operation: RestRoute['operation']): Json {
  const { ['A2A-Version']: _version, ...query }: Json = context.req.query();
  for (const name of Object.keys(query)) if (query[name] === '') delete query[name];
  if (operation === 'ListTasks') query['includeArtifacts'] = query['includeArtifacts'] === 'true';
  return query;
}

function isStreamed(operation: CallName | StreamName): operation is StreamName {
  return Object.hasOwn(STREAMS, operation);
}

/** A2A's own media type is for clients that ask for it (sections 11.1 and 14.1 of A2A 1.0.0). */
function restJson(context: A2aContext, body: unknown, status: number): Response {
  if (status === 204) return new Response(null, { status });
  const accepts = context.req.header('accept')?.includes(A2A_CONTENT_TYPE) ?? false;
  const headers = { 'content-type': accepts ? A2A_CONTENT_TYPE : 'application/json' };
  return new Response(JSON.stringify(body), { status, headers });
}

/** An error in AIP-193's form. */
export function restFailure(context: A2aContext, error: KnownError): Response {
  const { status, body } = toRest(error);
  const headers = { 'content-type': 'application/json', ...failureHeaders(error) };
  return context.newResponse(JSON.stringify(body), status as 400, headers);
}
