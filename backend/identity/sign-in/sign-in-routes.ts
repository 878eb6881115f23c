import { Hono } from 'hono';
import { AppError } from '../../errors/app-error.ts';
import type { Logger } from '../../observability/logger.ts';
import type { CookieJar } from './cookies.ts';
import type { OidcClient, SignInAttempt } from './oidc-client.ts';
import type { PersonSession } from './person-session.ts';
import { isFromOwnPage, safeReturnPath } from './same-origin.ts';
import type { SealedCookie } from './sealed-cookie.ts';
import { requestTarget } from '../request-target.ts';

export interface SignInOptions {
  publicUrl: string;
  ownOrigins: ReadonlySet<string>;
  client: OidcClient;
  cookies: CookieJar;
  attempts: SealedCookie;
  session: PersonSession;
  log: Logger;
}

const ATTEMPT_COOKIE = 'lornu_sign_in';
const ATTEMPT_LIFETIME_S = 600;

/** /auth/login, /auth/callback and /auth/logout: to the issuer, back with a code, and out again. */
export function signInRoutes(options: SignInOptions): Hono {
  const { publicUrl, ownOrigins, client, cookies, attempts, session, log } = options;
  const app = new Hono();

  app.get('/auth/login', async (c) => {
    const returnPath = safeReturnPath(c.req.query('returnTo'), publicUrl);
    let begun: Awaited<ReturnType<OidcClient['begin']>>;
    try {
      begun = await client.begin();
    } catch (cause) {
      log.warn('sign-in cannot begin', { reason: nameOf(cause) });
      throw new AppError('ISSUER_UNAVAILABLE', undefined, { cause, headers: { 'retry-after': '10' } });
    }
    const sealed = await attempts.seal({ ...begun.attempt, returnPath }, ATTEMPT_LIFETIME_S);
    c.header('set-cookie', cookies.write(ATTEMPT_COOKIE, sealed, ATTEMPT_LIFETIME_S));
    c.header('cache-control', 'no-store');
    return c.redirect(begun.url.href, 302);
  });

  app.get('/auth/callback', async (c) => {
    const sealed = cookies.read(c.req.raw.headers, ATTEMPT_COOKIE);
    const attempt = sealed === undefined ? undefined : await attempts.open(sealed);
    if (attempt === undefined)
      throw new AppError('SIGN_IN_FAILED', 'The sign-in was not begun in this browser, or too long ago');
    let claims: Awaited<ReturnType<OidcClient['finish']>>;
    try {
      claims = await client.finish(requestTarget(c.req.url).search, attempt as unknown as SignInAttempt);
    } catch (cause) {
      log.warn('sign-in failed', { reason: nameOf(cause) });
      throw new AppError('SIGN_IN_FAILED', undefined, { cause });
    }
    const cookie = await session.start(claims);
    if (cookie === undefined) {
      log.warn('sign-in refused: not on the list', { subject: claims.sub });
      throw new AppError('CALLER_NOT_ALLOWED', 'This account may not use this service');
    }
    log.info('signed in', { caller: `person:${claims.sub}` });
    c.header('set-cookie', cookie);
    c.header('set-cookie', cookies.write(ATTEMPT_COOKIE, '', 0), { append: true });
    c.header('cache-control', 'no-store');
    return c.redirect(safeReturnPath(String(attempt['returnPath']), publicUrl), 302);
  });

  app.post('/auth/logout', (c) => {
    if (!isFromOwnPage(c.req.raw, ownOrigins)) throw new AppError('ORIGIN_FORBIDDEN');
    c.header('set-cookie', session.end());
    c.header('cache-control', 'no-store');
    return c.body(null, 204);
  });

  return app;
}

/** The kind of failure; messages of the libraries may repeat parts of what was sent. */
function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' ? `${cause.name} ${code}` : cause.name;
}
