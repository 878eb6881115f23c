import type { Hono, MiddlewareHandler } from 'hono';
import type { Config } from '../config/config.ts';
import type { CallersConfig } from '../config/identity-config.ts';
import { isLoopback } from '../config/loopback.ts';
import type { Logger } from '../observability/logger.ts';
import { Authenticator } from './authenticator.ts';
import { identifyCaller, type IdentityBindings, type IdentityVariables } from './identify-caller.ts';
import { CallerLimits } from './limits/caller-limits.ts';
import { SharedCounts } from './limits/shared-counts.ts';
import { Attempts } from './sign-in/attempts.ts';
import { CookieJar } from './sign-in/cookies.ts';
import { OidcClient } from './sign-in/oidc-client.ts';
import { PersonSession } from './sign-in/person-session.ts';
import { RedemptionLimit } from './sign-in/redemption-limit.ts';
import { SealedCookie } from './sign-in/sealed-cookie.ts';
import { SIGNED_OUT_PATH, signInRoutes } from './sign-in/sign-in-routes.ts';
import type { TaskSecrets } from './task-secrets.ts';
import { TokenVerifier } from './tokens/token-verifier.ts';

/** The identity layer in front of every API: REST and A2A. */
export interface Callers {
  /** False: everyone is the local caller. */
  readonly required: boolean;
  /** Middleware for every API; `openPaths` are the paths of routes without authentication. */
  identify(
    openPaths: ReadonlySet<string>,
  ): MiddlewareHandler<{ Variables: IdentityVariables; Bindings: IdentityBindings }>;
  /** Sign-in pages; undefined if sign-in is off. */
  readonly signIn: Hono | undefined;
  /** Limits per caller; undefined if callers are not told apart. */
  readonly limits: CallerLimits | undefined;
}

export interface CallersDeps {
  fetch: typeof fetch;
  now: () => number;
  newId: () => string;
  log: Logger;
  secrets: Pick<TaskSecrets, 'oidcClientSecret' | 'sessionKey'>;
  /** What callers have done at all processes; without it, this process counts on its own. */
  counts?: SharedCounts;
}

/** Builds the identity layer that the configuration describes. */
export function createCallers(config: Config, deps: CallersDeps): Callers {
  const { now, log } = deps;
  const { callers } = config.identity;
  const ownOrigins = new Set([
    ...(config.publicUrl ? [new URL(config.publicUrl).origin] : []),
    ...config.allowOrigins,
  ]);
  const people = createSignIn(config, ownOrigins, deps);
  const limits = callers.required
    ? new CallerLimits({
        numbers: callers.limits,
        counts: deps.counts ?? new SharedCounts({ log, now }),
        now,
      })
    : undefined;
  const authenticator = new Authenticator({
    required: callers.required,
    tokens: createVerifier(callers, deps),
    machines: callers.tokens,
    certificatePeers: new Map(Object.entries(callers.certificatePeers)),
    albCertificatePort: callers.mutualTls.kind === 'alb' ? callers.mutualTls.port : undefined,
    session: people?.session,
    ownOrigins,
    now,
  });
  return {
    required: callers.required,
    identify: (openPaths) =>
      identifyCaller(
        { authenticator, limits, signInPath: people ? '/auth/login' : undefined, log },
        openPaths,
      ),
    signIn: people?.routes,
    limits,
  };
}

function createVerifier(
  { tokens }: CallersConfig,
  { fetch, now, log }: CallersDeps,
): TokenVerifier | undefined {
  const { issuer, jwksUrl, audience, peers, services, operators } = tokens;
  if (audience === undefined || peers.length + services.length + operators.length === 0) return undefined;
  return new TokenVerifier({
    // Same rule as the load balancer in front, which verifies RS256 only.
    issuers: [{ issuer, jwksUrl, audiences: [audience], algorithms: ['RS256'] }],
    fetch,
    now,
    onOutage: (error) =>
      log.warn('the keys of the token issuer cannot be read', {
        url: jwksUrl,
        reason: error instanceof Error ? error.message : 'unknown',
      }),
  });
}

function createSignIn(
  { identity, publicUrl }: Config,
  ownOrigins: ReadonlySet<string>,
  { fetch, now, log, secrets }: CallersDeps,
): { routes: Hono; session: PersonSession } | undefined {
  const { signIn } = identity.callers;
  if (signIn === undefined || publicUrl === undefined) return undefined;
  const cookies = new CookieJar(publicUrl);
  const sealed = (purpose: string) => new SealedCookie({ keys: secrets.sessionKey, purpose, now });
  const allowed = { domains: signIn.allowedDomains, emails: signIn.allowedEmails };
  const session = new PersonSession({ cookies, sealed: sealed('session'), allowed });
  const client = new OidcClient({
    issuer: signIn.issuer,
    clientId: signIn.clientId,
    clientSecret: secrets.oidcClientSecret,
    redirectUri: new URL('/auth/callback', publicUrl).href,
    signedOutUri: new URL(SIGNED_OUT_PATH, publicUrl).href,
    allowHttp: isLoopback(new URL(signIn.issuer).hostname),
    fetch,
  });
  const routes = signInRoutes({
    publicUrl,
    ownOrigins,
    client,
    attempts: new Attempts(cookies, sealed('sign-in attempt')),
    limit: new RedemptionLimit({ now }),
    session,
    log,
  });
  return { routes, session };
}
