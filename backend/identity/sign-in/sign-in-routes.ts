import { Hono } from 'hono';
import { AppError } from '../../errors/app-error.ts';
import type { Logger } from '../../observability/logger.ts';
import { queryParameter, requestTarget, showsPage } from '../request-target.ts';
import type { Attempts } from './attempts.ts';
import { IssuerUnavailableError, type OidcClient } from './oidc-client.ts';
import type { PersonSession } from './person-session.ts';
import type { RedemptionLimit } from './redemption-limit.ts';
import { isFromOwnPage, safeReturnPath } from './same-origin.ts';
import { failurePage, keepPlacePage, SIGNED_OUT, signInPage } from './sign-in-page.ts';

export interface SignInOptions {
  publicUrl: string;
  ownOrigins: ReadonlySet<string>;
  client: OidcClient;
  attempts: Attempts;
  limit: RedemptionLimit;
  session: PersonSession;
  log: Logger;
}

/** Query parameter that asks for the page which keeps the place first. */
const KEEP = 'keep';
export const SIGNED_OUT_PATH = '/auth/signed-out';

/** The routes below /auth: to the issuer, back with a code, and sign-out. Browsers get pages. */
export function signInRoutes(options: SignInOptions): Hono {
  const { publicUrl, ownOrigins, client, attempts, limit, session, log } = options;
  const app = new Hono();

  app.onError((error, c) => {
    const page = error instanceof AppError && showsPage(c.req.raw) ? failurePage(error) : undefined;
    if (page === undefined) throw error;
    return page;
  });

  app.get('/auth/login', async (c) => {
    if (c.req.query(KEEP) !== undefined && showsPage(c.req.raw)) return keepPlacePage();
    const returnPath = safeReturnPath(c.req.query('returnTo'), publicUrl);
    let begun: Awaited<ReturnType<OidcClient['begin']>>;
    try {
      begun = await client.begin(c.req.query('account') === 'other');
    } catch (cause) {
      log.warn('sign-in cannot begin', { reason: nameOf(cause) });
      throw unavailable(cause);
    }
    for (const cookie of await attempts.keep(c.req.raw.headers, { ...begun.attempt, returnPath }))
      c.header('set-cookie', cookie, { append: true });
    return c.redirect(begun.url.href, 302);
  });

  app.get('/auth/callback', async (c) => {
    const { headers } = c.req.raw;
    const attempt = await attempts.find(headers, queryParameter(c.req.url, 'state'));
    if (attempt === undefined) {
      // Another tab has signed in meanwhile, or this address was opened again: nothing is left to do.
      if (await session.read(headers)) return c.redirect('/', 302);
      throw new AppError('SIGN_IN_FAILED', 'The sign-in was not begun in this browser, or too long ago');
    }
    const waitMs = limit.take(addressOf(headers));
    if (waitMs > 0) {
      log.warn('sign-in refused: too many at once', {});
      throw new AppError('LIMIT_REACHED', 'Too many people are signing in', {
        headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
      });
    }
    if (!limit.isFirst(attempt.state)) throw new AppError('SIGN_IN_FAILED');
    let claims: Awaited<ReturnType<OidcClient['finish']>>;
    try {
      claims = await client.finish(requestTarget(c.req.url).search, attempt);
    } catch (cause) {
      log.warn('sign-in failed', { reason: nameOf(cause) });
      throw cause instanceof IssuerUnavailableError
        ? unavailable(cause)
        : new AppError('SIGN_IN_FAILED', undefined, { cause });
    }
    const cookie = await session.start(claims);
    if (cookie === undefined) {
      log.warn('sign-in refused: not on the list', { subject: claims.sub.slice(0, 255) });
      throw new AppError('CALLER_NOT_ALLOWED', 'This account may not use this service');
    }
    log.info('signed in', { caller: `person:${claims.sub}` });
    c.header('set-cookie', cookie);
    c.header('set-cookie', attempts.forget(attempt.state), { append: true });
    return c.redirect(safeReturnPath(attempt.returnPath, publicUrl), 302);
  });

  app.post('/auth/logout', async (c) => {
    if (!isFromOwnPage(c.req.raw, ownOrigins)) throw new AppError('ORIGIN_FORBIDDEN');
    c.header('set-cookie', session.end());
    // Without ending the issuer's session, the issuer would sign the same person in again.
    const next = await client.endSession();
    return c.json({ next: next ?? SIGNED_OUT_PATH });
  });

  app.get(SIGNED_OUT_PATH, () => signInPage(SIGNED_OUT));

  return app;
}

function unavailable(cause: unknown): AppError {
  return new AppError('ISSUER_UNAVAILABLE', undefined, { cause, headers: { 'retry-after': '10' } });
}

/**
 * The client address that the load balancer saw: it appends it as the last one. Without it all callers share one limit.
 */
function addressOf(headers: Headers): string {
  return headers.get('x-forwarded-for')?.split(',').at(-1)?.trim().slice(0, 64) ?? '';
}

/** The kind of failure; the libraries' messages may repeat parts of the input. */
function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  const { code } = cause as { code?: unknown };
  const own = typeof code === 'string' ? `${cause.name} ${code}` : cause.name;
  return cause instanceof IssuerUnavailableError ? `${own}: ${nameOf(cause.cause)}` : own;
}
