import type { Hono } from 'hono';
import { AppError } from '../errors/app-error.ts';
import type { AppContext, AppEnv, Route } from './route.ts';
import { requestPath } from './request-path.ts';
import { requestTarget } from '../identity/request-target.ts';

/**
 * The response if no route matches, as in Starlette: 405 with Allow if the path exists under other methods, a redirect
 * if only a trailing slash is too many, else 404.
 */
export function answerUnmatched(app: Hono<AppEnv>, routes: readonly Route[], context: AppContext): Response {
  const path = requestPath(context.req.raw);
  const allowed = methodsFor(app, routes, path);
  if (allowed.length > 0) {
    throw new AppError('METHOD_NOT_ALLOWED', undefined, { headers: { allow: allowed.join(', ') } });
  }
  if (path.length > 1 && path.endsWith('/') && methodsFor(app, routes, path.slice(0, -1)).length > 0) {
    const { search } = requestTarget(context.req.url);
    return context.redirect(`${encodeURI(path.slice(0, -1))}${search}`, 307);
  }
  throw new AppError('ROUTE_NOT_FOUND');
}

function methodsFor(app: Hono<AppEnv>, routes: readonly Route[], path: string): string[] {
  const methods = [...new Set(routes.map((route) => route.method.toUpperCase()))];
  return methods.filter((method) => {
    const [handlers] = app.router.match(method, path);
    return handlers.some(([handler]) => isRouteHandler(handler, method));
  });
}

/** Middleware is registered for ALL methods; a route is registered for its own. */
function isRouteHandler(handler: unknown, method: string): boolean {
  return Array.isArray(handler) && (handler[1] as { method?: string } | undefined)?.method === method;
}
