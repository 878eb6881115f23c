import { EventSourceParserStream } from 'eventsource-parser/stream';

type Json = Record<string, unknown>;

export interface RpcAnswer {
  status: number;
  headers: Headers;
  result?: Json;
  error?: { code: number; message: string; data?: Json[] };
}

export interface CallOptions {
  version?: '1.0' | '0.3';
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function request(
  url: string,
  method: string,
  params: unknown,
  { version = '1.0', headers = {}, signal }: CallOptions,
): Promise<Response> {
  const versionHeader: Record<string, string> = version === '0.3' ? {} : { 'a2a-version': version };
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...versionHeader, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    ...(signal ? { signal } : {}),
  });
}

/** A raw JSON-RPC call, without a client library that would hide details. */
export async function rpc(
  url: string,
  method: string,
  params: unknown,
  options: CallOptions = {},
): Promise<RpcAnswer> {
  const response = await request(url, method, params, options);
  const body = (await response.json()) as Pick<RpcAnswer, 'result' | 'error'>;
  return { status: response.status, headers: response.headers, ...body };
}

/** A raw streaming JSON-RPC call; yields its results. Throws if the response is an error. */
export async function* rpcStream(
  url: string,
  method: string,
  params: unknown,
  options: CallOptions = {},
): AsyncGenerator<Json> {
  const response = await request(url, method, params, options);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new Error(await response.text());
  for await (const data of eventData(response)) {
    const { result, error } = JSON.parse(data) as { result?: Json; error?: unknown };
    if (!result) throw new Error(JSON.stringify(error));
    yield result;
  }
}

/** The data of server-sent events. */
export async function* eventData(response: Response): AsyncGenerator<string> {
  const stream = response.body
    ?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of stream ?? []) yield data;
}

/** A message in the form of 1.0. */
export function textMessage(text: string, more: Json = {}): Json {
  return { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...more };
}

/** Sends a text and returns its task; `more`: other fields of the message. Throws if the response is an error. */
export async function sendText(
  url: string,
  text: string,
  more: Json = {},
  options: CallOptions = {},
): Promise<WireTask> {
  return taskOf(await rpc(url, 'SendMessage', { message: textMessage(text, more) }, options));
}

/** A task in a response. */
export interface WireTask {
  id: string;
  contextId: string;
  status: { state: string; timestamp: string; message?: { parts: Json[] } };
  artifacts?: {
    artifactId: string;
    name?: string;
    parts: { text?: string; raw?: string; mediaType?: string; filename?: string }[];
  }[];
  history?: Json[];
  metadata?: Json;
}

export function taskOf({ result, error }: Pick<RpcAnswer, 'result' | 'error'>): WireTask {
  if (error) throw new Error(JSON.stringify(error));
  return (result?.['task'] ?? result) as unknown as WireTask;
}

export function answerOf(task: WireTask): string {
  return (task.artifacts?.[0]?.parts ?? []).map(({ text = '' }) => text).join('');
}
