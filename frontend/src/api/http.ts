import { parseExactly } from '../util/exact-json.ts';
import { asProblem, toProblem } from './problem.ts';

/** A request to the service that served the page; throws a Problem for any status but 2xx. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw asProblem(error);
  }
  if (!response.ok) throw await toProblem(response);
  return response;
}

export async function getJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await request(path, init);
  const body = parseExactly(await response.text()) as T;
  return body;
}

export async function sendJson<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(path, body === undefined ? { method } : jsonBody(method, body));
  const text = await response.text();
  const parsed = parseExactly(text || 'null') as T;
  return parsed;
}

export function jsonBody(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** A path of the ADK API: every segment is encoded, so that ids with slashes stay one segment. */
export function toPath(...segments: string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}
