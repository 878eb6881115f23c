import { fixedSecret } from '../../backend/identity/secrets/secret.ts';
import { CookieJar } from '../../backend/identity/sign-in/cookies.ts';
import { PersonSession } from '../../backend/identity/sign-in/person-session.ts';
import { SealedCookie } from '../../backend/identity/sign-in/sealed-cookie.ts';
import { SIGN_IN } from '../support/sign-in.ts';
import { createGuardedApp, type GuardedApp, type Signer } from './kit.ts';

export const PUBLIC_URL = 'https://lornu.example';

/** A service that people of lornu.ai sign in to. */
export const PEOPLE = {
  ...SIGN_IN,
  LORNU_PUBLIC_URL: PUBLIC_URL,
  LORNU_ALLOW_ORIGINS: PUBLIC_URL,
};

/** The headers of a signed-in person's page: the cookie, sealed as the service does, and the origin. */
export async function cookieOf(
  { clock }: GuardedApp,
  subject: string,
  domain = 'lornu.ai',
): Promise<Record<string, string>> {
  const session = new PersonSession({
    cookies: new CookieJar(PUBLIC_URL),
    sealed: new SealedCookie({
      keys: fixedSecret(SIGN_IN.SESSION_KEY),
      purpose: 'session',
      now: () => clock.nowMs,
    }),
    allowed: { domains: [domain], emails: [] },
  });
  const cookie = await session.start({
    iss: 'https://accounts.google.com',
    sub: subject,
    email: `${subject}@${domain}`,
    email_verified: true,
    hd: domain,
  });
  return { cookie: cookie?.split(';')[0] ?? '', origin: PUBLIC_URL };
}

/** A service with a session `s1` of ada's and of ben's, and the headers of ada's page. */
export async function serveAdaAndBen(
  signer: Signer,
): Promise<{ app: GuardedApp; ada: Record<string, string> }> {
  const app = createGuardedApp([signer.publicJwk], PEOPLE);
  for (const userId of ['ada', 'ben']) await app.addSession(userId, 's1');
  return { app, ada: await cookieOf(app, 'ada') };
}

export const sessionsOf = (userId: string): string => `/apps/lornu/users/${userId}/sessions`;
