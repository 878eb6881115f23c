import { StreamResponse } from '@a2a-js/sdk';
import { A2A_ERROR_CODE, JsonRpcRequestMalformedError, RequestMalformedError } from '@a2a-js/sdk/errors';
import { ERROR_TABLE } from '../../errors/error-table.ts';
import { type A2aContext, type BindingDeps, toCallContext } from './context.ts';
import { failureHeaders, type JsonRpcErrorBody, type KnownError, toJsonRpc, toKnownError } from './errors.ts';
import { answerLegacyRpc } from './legacy-rpc.ts';
import { CALLS, isCall, isStream, STREAMS } from './operations.ts';
import { isObject } from '../../json/is-object.ts';
import { readJson } from './read-json.ts';
import { streamAnswer } from './stream-answer.ts';
import { versionOf } from './version.ts';

/** An id beyond 2^53 is a bigint, and is returned unchanged. */
type Id = string | number | bigint | null;

interface RpcRequest {
  id: Id;
  method: string;
  params: Record<string, unknown>;
}

/** A2A over JSON-RPC, in the requested version. Protocol errors have status 200 and an error body. */
export async function answerJsonRpc(context: A2aContext, deps: BindingDeps): Promise<Response> {
  let id: Id = null;
  try {
    const handler = deps.handlerOf(context);
    const version = versionOf(context.req.raw);
    const body = await readJson(context, deps.body);
    id = idOf(body);
    const disconnected = new AbortController();
    const call = toCallContext(context, version, disconnected);
    const { signal } = context.req.raw;
    const stream = { pingMs: deps.pingMs, disconnected, signal };
    const encodeError = (error: unknown) => failure(id, toJsonRpc(toKnownError(error, deps.log)));

    if (version === '0.3') {
      const answer = await answerLegacyRpc(handler, body, call, deps.log);
      if (!(Symbol.asyncIterator in answer)) return context.json(answer);
      return await streamAnswer(answer, { ...stream, encode: (event) => event, encodeError });
    }
    const { method, params } = rpcRequestOf(body);
    if (isStream(method))
      return await streamAnswer(STREAMS[method](handler, params, call), {
        ...stream,
        encode: (event) => ({ jsonrpc: '2.0', id, result: StreamResponse.toJSON(event) }),
        encodeError,
      });
    if (!isCall(method)) return context.json(failure(id, methodNotFound(method)));
    return context.json({ jsonrpc: '2.0', id, result: await CALLS[method](handler, params, call) });
  } catch (error) {
    return jsonRpcFailure(context, toKnownError(error, deps.log), id);
  }
}

/** Statuses that load balancers and clients act on without reading the body. All other errors have status 200. */
const HTTP_STATUSES: ReadonlySet<number> = new Set([401, 403, 408, 413, 429, 431, 500, 503]);

/** An error as a JSON-RPC response. */
export function jsonRpcFailure(context: A2aContext, error: KnownError, id: Id = null): Response {
  for (const [name, value] of Object.entries(failureHeaders(error))) context.header(name, value);
  const status = 'code' in error ? ERROR_TABLE[error.code].status : 200;
  return context.json(failure(id, toJsonRpc(error)), (HTTP_STATUSES.has(status) ? status : 200) as 200);
}

function failure(id: Id, error: JsonRpcErrorBody): object {
  return { jsonrpc: '2.0', id, error };
}

function methodNotFound(method: string): JsonRpcErrorBody {
  return { code: A2A_ERROR_CODE.METHOD_NOT_FOUND, message: `A2A 1.0 has no method ${method.slice(0, 64)}.` };
}

const isId = (value: unknown): value is Id =>
  value === null || typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value);

function idOf(body: unknown): Id {
  const id = isObject(body) ? body['id'] : null;
  return isId(id) ? id : null;
}

function rpcRequestOf(body: unknown): RpcRequest {
  if (!isObject(body) || body['jsonrpc'] !== '2.0' || typeof body['method'] !== 'string')
    throw invalidRequest('The body is not one JSON-RPC 2.0 request.');
  if (body['id'] !== undefined && !isId(body['id']))
    throw invalidRequest('The id of a JSON-RPC request is a text, a whole number or null.');
  const { method, params = {} } = body;
  if (!isObject(params)) throw new RequestMalformedError('params must be an object.');
  return { id: idOf(body), method, params };
}

function invalidRequest(message: string): Error {
  return new JsonRpcRequestMalformedError({ message, envelopeCode: A2A_ERROR_CODE.INVALID_REQUEST });
}
