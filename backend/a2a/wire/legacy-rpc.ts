import type { SendMessageRequest } from '@a2a-js/sdk';
import { isV1JsonRpcMethod } from '@a2a-js/sdk/compat/v0_3';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { A2A_ERROR_CODE, RequestMalformedError } from '@a2a-js/sdk/errors';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import type { Logger } from '../../observability/logger.ts';
import { setRawBase64 } from '../raw-content.ts';
import { type KnownError, toJsonRpc, toKnownError } from './errors.ts';
import { assertBase64 } from './check-part.ts';
import { isObject } from '../../json/is-object.ts';

type Answer = Awaited<ReturnType<LegacyJsonRpcTransportHandler['handle']>>;

/**
 * A2A 0.3 over JSON-RPC, through the SDK. The SDK sends the message of any thrown error to callers as an internal
 * error. Here errors of the handler get our own text, and unreadable input is a client error.
 */
export async function answerLegacyRpc(
  handler: A2ARequestHandler,
  body: unknown,
  call: ServerCallContext,
  log: Logger,
): Promise<Answer> {
  const request = isObject(body) ? { ...body } : {};
  const { id } = request;
  // The SDK cannot hold an id beyond 2^53: it gets a string, and the response gets the original number.
  if (typeof id === 'bigint') {
    const answer = await answerLegacyRpc(handler, { ...request, id: `${id}` }, call, log);
    return withId(answer, id);
  }
  prepare(request['params']);
  const watched = watch(handler, takeFiles(request['params']));
  const answer = await new LegacyJsonRpcTransportHandler(watched.handler).handle(request, call);
  if (!('error' in answer) || !isObject(answer.error)) return answer;
  const failure = watched.failure();
  if (failure !== undefined) return { ...answer, error: legacyError(toKnownError(failure, log)) };
  const { code } = answer.error;
  const { method } = request;
  if (code === A2A_ERROR_CODE.METHOD_NOT_FOUND && typeof method === 'string' && isV1JsonRpcMethod(method)) {
    const message = `${method} is a method of A2A 1.0, and a request without A2A-Version is 0.3: send A2A-Version: 1.0.`;
    return { ...answer, error: { code, message } };
  }
  if (code !== A2A_ERROR_CODE.INTERNAL_ERROR) return answer;
  return { ...answer, error: legacyError(new RequestMalformedError('The params cannot be read.')) };
}

function withId(answer: Answer, id: bigint): Answer {
  if (!(Symbol.asyncIterator in answer)) return { ...answer, id: id as unknown as number };
  return (async function* () {
    for await (const event of answer) yield { ...event, id: id as unknown as number };
  })();
}

/** Fields of 0.3 that are always strings; the SDK does not check them. */
const TEXTS: ReadonlySet<string> = new Set(
  (
    'id taskId contextId messageId role kind text url token name mimeType bytes uri credentials ' +
    'pushNotificationConfigId'
  ).split(' '),
);
/** Fields that hold the caller's own JSON. */
const FREE: ReadonlySet<string> = new Set(['metadata', 'data']);

/**
 * Throws RequestMalformedError if a string field has another type. Keeps only the first of several authentication
 * schemes: the SDK would log the others to the console, with text from the caller.
 */
function prepare(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (FREE.has(key) || inner === undefined || inner === null) continue;
    if (TEXTS.has(key) && typeof inner !== 'string')
      throw new RequestMalformedError(`${key} must be a text.`);
    if (key === 'bytes' && typeof inner === 'string') assertBase64(key, inner);
    if (key === 'schemes' && Array.isArray(inner)) inner.splice(1);
    prepare(inner);
  }
}

/** Takes the files out of a message, by index of their part: the SDK would decode each of them at once. */
function takeFiles(params: unknown): Map<number, string> {
  const files = new Map<number, string>();
  const message = isObject(params) ? params['message'] : undefined;
  const parts: unknown = isObject(message) ? message['parts'] : undefined;
  for (const [index, part] of Array.isArray(parts) ? parts.entries() : []) {
    const file: unknown = isObject(part) ? part['file'] : undefined;
    if (!isObject(file) || typeof file['bytes'] !== 'string') continue;
    files.set(index, file['bytes']);
    file['bytes'] = '';
  }
  return files;
}

function giveFiles(request: unknown, files: ReadonlyMap<number, string>): void {
  if (files.size === 0) return;
  for (const [index, { content }] of ((request as SendMessageRequest).message?.parts ?? []).entries())
    if (content?.$case === 'raw') setRawBase64(content, files.get(index) ?? '');
}

/** In 0.3 an error's data is one object. */
function legacyError(error: KnownError): { code: number; message: string; data?: Record<string, unknown> } {
  const { code, message, data } = toJsonRpc(error);
  const [first] = data ?? [];
  return { code, message, ...(isObject(first) ? { data: first } : {}) };
}

/** Wraps the handler: restores the files of messages, and records the error of each call. */
function watch(
  handler: A2ARequestHandler,
  files: ReadonlyMap<number, string>,
): { handler: A2ARequestHandler; failure: () => unknown } {
  let failure: unknown;
  const watched = new Proxy(handler, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        giveFiles(args[0], files);
        const result: unknown = method.apply(target, args);
        if (!(result instanceof Promise)) return result;
        return result.catch((error: unknown) => {
          failure = error;
          throw error;
        });
      };
    },
  });
  return { handler: watched, failure: () => failure };
}
