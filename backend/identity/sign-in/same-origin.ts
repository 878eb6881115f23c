const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request with a cookie comes from one of our own pages. A browser sends Origin with every request that can
 * change something and with every WebSocket; a request without it is not from a browser and must not use a cookie.
 */
export function isFromOwnPage(request: Request, ownOrigins: ReadonlySet<string>): boolean {
  const { method, headers } = request;
  const isWebSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
  if (SAFE_METHODS.has(method) && !isWebSocket) return true;
  const origin = headers.get('origin');
  return origin !== null && ownOrigins.has(origin);
}

/** In characters: it is kept in a cookie while the person signs in. */
const MAX_RETURN_PATH = 1_000;

/** The path to return to after signing in; anything that could lead to another host becomes the start page. */
export function safeReturnPath(given: string | undefined, publicUrl: string): string {
  if (given === undefined || !given.startsWith('/')) return '/';
  const own = new URL(publicUrl);
  const target = given.length > MAX_RETURN_PATH ? null : URL.parse(given, own.href);
  if (target === null || target.origin !== own.origin) return '/';
  return target.pathname.startsWith('/auth/') ? '/' : `${target.pathname}${target.search}`;
}
