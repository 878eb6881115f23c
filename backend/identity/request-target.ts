import { AppError } from '../errors/app-error.ts';

/** A request's target as it was sent: not decoded, not normalised. */
export interface RequestTarget {
  path: string;
  /** Including its question mark; empty if there is none. */
  search: string;
}

/** A name or an IPv4 address, or an IPv6 address in brackets, with or without a port. */
const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * The target of a request's URL. `new URL` would throw if the Host is invalid, because Bun then gives only the path as
 * URL, and any caller can cause that.
 */
export function requestTarget(url: string): RequestTarget {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('//') + 2);
  const [target = '/'] = (start < 0 ? '/' : url.slice(start)).split('#', 1);
  const query = target.indexOf('?');
  return query < 0
    ? { path: target, search: '' }
    : { path: target.slice(0, query), search: target.slice(query) };
}

/** One query parameter, decoded; undefined if it is missing. */
export function queryParameter(url: string, name: string): string | undefined {
  return new URLSearchParams(requestTarget(url).search).get(name) ?? undefined;
}

/**
 * Refuses a request whose target the load balancer may have parsed differently. Throws BAD_REQUEST for an invalid Host
 * or several hosts, and ROUTE_NOT_FOUND for an A2A path with escapes, which the load balancer's rules for `/a2a/*` have
 * not matched.
 */
export function assertPlainTarget(request: Request, path: string): void {
  const host = request.headers.get('host');
  if (host !== null && !(HOST.test(host) && URL.canParse(`http://${host}/`)))
    throw new AppError('BAD_REQUEST', 'The Host header is not the name or address of one host.');
  if (isA2aPath(path) && !isA2aPath(requestTarget(request.url).path)) throw new AppError('ROUTE_NOT_FOUND');
}

/** Whether the request is a browser's page load rather than a script's call. */
export function showsPage({ method, headers }: Request): boolean {
  return method === 'GET' && (headers.get('accept') ?? '').includes('text/html');
}

/** Whether a path belongs to the A2A API. */
export function isA2aPath(path: string): boolean {
  return path === '/a2a' || path.startsWith('/a2a/');
}
