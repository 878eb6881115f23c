import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../../config/loopback.ts';
import { ERROR_TABLE } from '../../errors/error-table.ts';
import type { AppEnv } from '../route.ts';

export interface OriginCheckOptions {
  /** Origins whose pages may call, besides our own; `*` allows all. */
  allowOrigins: readonly string[];
  /** Only this machine can reach the service, so any other Host is an attack (DNS rebinding). */
  thisMachineOnly: boolean;
}

/**
 * Refuses requests that a foreign web page may have sent, in plain text, as Python ADK's API server does: a foreign
 * Host if only this machine may call, and any foreign Origin. Requests without Origin are not from a page and pass.
 */
export function originCheck({
  allowOrigins,
  thisMachineOnly,
}: OriginCheckOptions): MiddlewareHandler<AppEnv> {
  const allowAll = allowOrigins.includes('*');
  const allowedHosts = new Set(allowOrigins.flatMap((origin) => URL.parse(origin)?.hostname ?? []));

  return async function checkOrigin(context, next) {
    const host = context.req.header('host');
    if (thisMachineOnly && !allowAll && host !== undefined && !isOwnHost(host, allowedHosts)) {
      return context.text(ERROR_TABLE.HOST_FORBIDDEN.sentence, 403);
    }
    const origin = context.req.header('origin');
    if (origin === undefined || allowAll || allowOrigins.includes(origin)) return next();
    const isOurs =
      origin === requestOrigin(context.req.raw) &&
      (!thisMachineOnly || allowOrigins.length > 0 || isLoopback(URL.parse(origin)?.hostname ?? ''));
    return isOurs ? next() : context.text(ERROR_TABLE.ORIGIN_FORBIDDEN.sentence, 403);
  };
}

function isOwnHost(host: string, allowed: ReadonlySet<string>): boolean {
  const name = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '');
  return name !== undefined && (isLoopback(name) || allowed.has(name));
}

/** The scheme and host that the caller used; a load balancer sends them in X-Forwarded-*. */
function requestOrigin({ headers, url }: Request): string | undefined {
  const first = (name: string) => headers.get(name)?.split(',')[0]?.trim();
  const host = first('x-forwarded-host') ?? first('host');
  const scheme = first('x-forwarded-proto') ?? (url.startsWith('https:') ? 'https' : 'http');
  return host === undefined ? undefined : `${scheme}://${host}`;
}
