import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { Authenticator } from './authenticator.ts';
import type { ClientCertificate } from './certificates/client-certificate.ts';
import type { CallerLimits } from './limits/caller-limits.ts';
import { assertPlainTarget, isA2aPath, requestTarget, showsPage } from './request-target.ts';
import { mayUse, type Principal, type Surface } from './principal.ts';

/** What authentication adds to each request. */
export interface IdentityVariables {
  principal: Principal;
}

export interface IdentityBindings {
  /** The certificate that our own TLS front verified; absent on plain connections. */
  certificate?: ClientCertificate;
}

export interface IdentifyCallerOptions {
  authenticator: Authenticator;
  limits: CallerLimits | undefined;
  /** Sign-in path for browsers that request a page; undefined if sign-in is off. */
  signInPath: string | undefined;
  log: Logger;
}

/**
 * Paths without authentication, besides routes with `isOpen`: A2A cards and their keys, which a peer reads before it
 * knows which token to send, and sign-in itself. Everything else requires a caller.
 */
const OPEN =
  /^\/(auth\/(login|callback|logout|signed-out)|(a2a\/[^/]+\/)?\.well-known\/agent(-card)?\.json|a2a\/[^/]+\/\.well-known\/jwks\.json)$/;

/**
 * Sets `principal` to the verified caller, or refuses before any other code sees the request. `openPaths` are the paths
 * of routes without authentication.
 */
export function identifyCaller(
  options: IdentifyCallerOptions,
  openPaths: ReadonlySet<string>,
): MiddlewareHandler<{ Variables: IdentityVariables; Bindings: IdentityBindings }> {
  const { authenticator, limits, signInPath, log } = options;

  return async function identify(context, next) {
    const { path } = context.req;
    assertPlainTarget(context.req.raw, path);
    if (openPaths.has(path) || OPEN.test(path)) return next();
    let principal: Principal;
    try {
      principal = await authenticator.identify(context.req.raw, context.env?.certificate);
      if (!mayUse(principal, surfaceOf(path))) throw new AppError('CALLER_NOT_ALLOWED');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn('caller refused', { code: error.code, reason: error.message, method: context.req.method });
      if (signInPath !== undefined && error.code === 'UNAUTHENTICATED' && showsPage(context.req.raw)) {
        const { path: asked, search } = requestTarget(context.req.url);
        context.header('cache-control', 'no-store');
        // Only the chat page has places behind `#`.
        const keep = asked === '/' ? '&keep' : '';
        return context.redirect(`${signInPath}?returnTo=${encodeURIComponent(asked + search)}${keep}`, 302);
      }
      throw error;
    }
    context.set('principal', principal);
    limits?.countRequest(principal);
    return next();
  };
}

function surfaceOf(path: string): Surface {
  if (isA2aPath(path)) return 'a2a';
  return path.startsWith('/api/v1/operator/') ? 'operator' : 'rest';
}
