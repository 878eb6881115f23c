import { AppError } from '../errors/app-error.ts';

/** What a request asks for, as it was sent: nothing decoded, nothing normalised. */
export interface RequestTarget {
  path: string;
  /** With its question mark; empty where there is none. */
  search: string;
}

/** A name or an IPv4 address, or an IPv6 address in brackets, with or without a port. */
const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * The target of a request's URL. `new URL` would throw for a Host that is none, of which Bun leaves the path alone as the
 * URL, and every caller can send one.
 */
export function requestTarget(url: string): RequestTarget {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('//') + 2);
  const [target = '/'] = (start < 0 ? '/' : url.slice(start)).split('#', 1);
  const query = target.indexOf('?');
  return query < 0
    ? { path: target, search: '' }
    : { path: target.slice(0, query), search: target.slice(query) };
}

/** One parameter of the query, decoded; undefined where it is not given. */
export function queryParameter(url: string, name: string): string | undefined {
  return new URLSearchParams(requestTarget(url).search).get(name) ?? undefined;
}

/**
 * Refuses a request whose target a load balancer may have read in another way than we do. Throws BAD_REQUEST for a Host
 * that names no host or several, and ROUTE_NOT_FOUND for an A2A path that is spelled with escapes: rules for `/a2a/*`
 * have not seen it.
 */
export function assertPlainTarget(request: Request, path: string): void {
  const host = request.headers.get('host');
  if (host !== null && !(HOST.test(host) && URL.canParse(`http://${host}/`)))
    throw new AppError('BAD_REQUEST', 'The Host header is not the name or address of one host.');
  if (isA2aPath(path) && !isA2aPath(requestTarget(request.url).path)) throw new AppError('ROUTE_NOT_FOUND');
}

/** Whether a browser asks for something to show in its window, rather than a script for data. */
export function showsPage({ method, headers }: Request): boolean {
  return method === 'GET' && (headers.get('accept') ?? '').includes('text/html');
}

/** Whether a path belongs to the A2A surface. */
export function isA2aPath(path: string): boolean {
  return path === '/a2a' || path.startsWith('/a2a/');
}
