const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that carries a cookie was made by one of our own pages. A browser names the page's origin on
 * every request that can change something and on every WebSocket; a request that names none is no browser's,
 * and has no business with a cookie.
 */
export function isFromOwnPage(request: Request, ownOrigins: ReadonlySet<string>): boolean {
  const { method, headers } = request;
  const isWebSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
  if (SAFE_METHODS.has(method) && !isWebSocket) return true;
  const origin = headers.get('origin');
  return origin !== null && ownOrigins.has(origin);
}

/** It is kept in a cookie while the person signs in. */
const MAX_RETURN_PATH = 1_000;

/** The path to go on to after signing in; anything that could lead to another host becomes the start page. */
export function safeReturnPath(given: string | undefined, publicUrl: string): string {
  if (given === undefined || !given.startsWith('/')) return '/';
  const own = new URL(publicUrl);
  const target = given.length > MAX_RETURN_PATH ? null : URL.parse(given, own.href);
  if (target === null || target.origin !== own.origin) return '/';
  return target.pathname.startsWith('/auth/') ? '/' : `${target.pathname}${target.search}`;
}
