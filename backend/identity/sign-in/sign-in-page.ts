import { createHash } from 'node:crypto';
import { type AppError, ERROR_CODE_HEADER } from '../../errors/app-error.ts';
import { waitInWords } from '../../errors/wait-in-words.ts';

/** Content of a sign-in page: what happened, why, and where to go. The first link is the button. */
export interface SignInPage {
  title: string;
  sentences: readonly string[];
  ways: readonly { text: string; href: string }[];
}

const STYLE = `
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.6 system-ui,sans-serif;
background:light-dark(#fbfaf8,#171613);color:light-dark(#24211d,#ece9e3)}
main{box-sizing:border-box;max-width:32rem;padding:2rem 1.5rem}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 .75rem;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
a{padding:.5rem 1rem;border:1px solid currentcolor;border-radius:.5rem;color:inherit;text-decoration:none}
a:first-child{background:light-dark(#24211d,#ece9e3);color:light-dark(#fff,#171613)}
a:focus-visible{outline:3px solid light-dark(#1f5fbf,#8ab8ff);outline-offset:2px}
`;
/**
 * Keeps the part of the address behind `#`, which is the page's place (frontend/src/util/route.ts reads it) and may hold
 * the secret of a shared conversation: a redirect to the issuer would carry it there, and not back.
 */
const KEEP_PLACE = `
try { if (location.hash) sessionStorage.setItem('lornu:place', location.hash); } catch {}
const query = new URLSearchParams(location.search);
query.delete('keep');
location.replace(location.pathname + '?' + query);
`;
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** The pages have one inline style, and one of them a script: the policy allows these by hash. */
const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(KEEP_PLACE)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page for people. It needs no file of the chat page, so it works without it. */
export function signInPage({ title, sentences, ways }: SignInPage, status = 200, script = ''): Response {
  const body = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)} · Lornu</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`),
    '<nav aria-label="What to do now">',
    ...ways.map(({ text, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`),
    '</nav></main>',
    script && `<script>${script}</script>`,
    '</body></html>',
  ].join('');
  return new Response(body, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    },
  });
}

const AGAIN = { text: 'Sign in', href: '/auth/login' };
const OTHER_ACCOUNT = { text: 'Use another account', href: '/auth/login?account=other' };

/** Keeps the place in the chat page, and goes on to sign in; without scripts a link does. */
export function keepPlacePage(): Response {
  const page = { title: 'Signing in', sentences: ['You are sent on to sign in.'], ways: [AGAIN] };
  return signInPage(page, 200, KEEP_PLACE);
}

export const SIGNED_OUT: SignInPage = {
  title: 'You are signed out',
  sentences: ['Your conversations are kept, and are there when you sign in again.'],
  ways: [{ ...AGAIN, text: 'Sign in again' }, OTHER_ACCOUNT],
};

/** The HTML page for an error, for browsers; API clients get JSON. Undefined if the error has no page. */
export function failurePage(error: AppError): Response | undefined {
  const page = toPage(error);
  if (page === undefined) return undefined;
  const response = signInPage(page, error.status);
  for (const [name, value] of Object.entries(error.headers)) response.headers.set(name, value);
  response.headers.set(ERROR_CODE_HEADER, error.code);
  return response;
}

function toPage(error: AppError): SignInPage | undefined {
  const waitS = Number(error.headers['retry-after'] ?? 10);
  switch (error.code) {
    case 'CALLER_NOT_ALLOWED':
      return {
        title: 'This account may not use this service',
        sentences: [
          'You signed in, but this account is not on the list of those who may use the service.',
          'Use another account, or ask whoever runs this environment to add yours.',
        ],
        ways: [OTHER_ACCOUNT],
      };
    case 'ISSUER_UNAVAILABLE':
      return {
        title: 'Signing in is not possible right now',
        sentences: [
          'The service that checks who you are cannot be reached.',
          `Nothing is lost. Try again in ${waitInWords(waitS)}.`,
        ],
        ways: [{ ...AGAIN, text: 'Try again' }],
      };
    case 'LIMIT_REACHED':
      return {
        title: 'Too many people are signing in',
        sentences: [`Try again in ${waitInWords(waitS)}.`],
        ways: [{ ...AGAIN, text: 'Try again' }],
      };
    case 'SIGN_IN_FAILED':
      return {
        title: 'Signing in did not succeed',
        sentences: ['It took too long, was begun in another browser, or was broken off.', 'Begin again.'],
        ways: [AGAIN, OTHER_ACCOUNT],
      };
    default:
      return undefined;
  }
}

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
