import { type VerifyCheck, NOT_IN_PYTHON, judged, notOffered, type Verdict } from '../check.ts';
import { ask } from '../target.ts';

const EXPECTED = 'a person without a session is sent to the issuer, with PKCE and a way back to here';

export interface SignInSeen {
  /** The response to a browser's request for the page. */
  page: { status: number; location: string | null };
  /** The response at the address it redirects to. */
  login: { status: number; location: string | null } | undefined;
}

export function judgeSignIn({ page, login }: SignInSeen, url: URL): Verdict {
  const told = `the page ${page.status}, sign-in ${login?.status ?? 'not asked'}`;
  const issuer = login?.location ? URL.parse(login.location) : undefined;
  if (page.status !== 302 || login?.status !== 302 || !issuer) return judged(false, EXPECTED, told);
  const query = issuer.searchParams;
  const back = URL.parse(query.get('redirect_uri') ?? '');
  const problems = [
    ...(issuer.origin === url.origin ? ['sign-in leads back here'] : []),
    ...(query.get('code_challenge_method') === 'S256' ? [] : ['no PKCE (S256)']),
    ...(query.get('state') ? [] : ['no state']),
    ...(back?.hostname === url.hostname ? [] : [`redirect_uri is ${back?.href ?? 'missing'}`]),
  ];
  return judged(
    problems.length === 0,
    EXPECTED,
    problems.length > 0 ? problems.join('; ') : `${told}, to ${issuer.origin} and back to ${back?.href}`,
  );
}

export const signIn: VerifyCheck = {
  id: 'sign-in',
  title: 'people sign in at the issuer',
  run: async ({ target, served }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    const page = await ask(target, '/', { anonymous: true, headers: { accept: 'text/html' } });
    const location = page.headers.get('location');
    const path = location === null ? undefined : (URL.parse(location, target.url.href) ?? undefined);
    const login = path && (await ask(target, path.pathname + path.search, { anonymous: true }));
    return judgeSignIn(
      {
        page: { status: page.status, location },
        login: login && { status: login.status, location: login.headers.get('location') },
      },
      target.url,
    );
  },
};
