import {
  NO_TOKEN,
  type VerifyCheck,
  NOT_IN_PYTHON,
  absent,
  judged,
  notOffered,
  type Verdict,
} from '../check.ts';
import { ask } from '../target.ts';

const EXPECTED = 'headers that hold browsers to it, and none that names software';

/** Headers that the page's response must have, with their values. */
const WANTED: Readonly<Record<string, RegExp>> = {
  'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
  'strict-transport-security': /^max-age=\d{7,}/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^(same-origin|no-referrer|strict-origin)/,
};
/** Headers that tell attackers which software to look up. */
const TELLING: Readonly<Record<string, RegExp>> = { 'x-powered-by': /./, server: /\d/ };

export function judgeHeaders(headers: Readonly<Record<string, string>>): Verdict {
  const problems = [
    ...Object.entries(WANTED).flatMap(([name, wanted]) => {
      const value = headers[name];
      if (value === undefined) return [`${name} is missing`];
      return wanted.test(value) ? [] : [`${name}: ${value}`];
    }),
    ...Object.entries(TELLING).flatMap(([name, telling]) =>
      telling.test(headers[name] ?? '') ? [`${name}: ${headers[name]}`] : [],
    ),
  ];
  return judged(
    problems.length === 0,
    EXPECTED,
    problems.length > 0 ? problems.join('; ') : Object.keys(WANTED).join(', '),
  );
}

export const headers: VerifyCheck = {
  id: 'headers',
  title: 'the page is sent with its security headers',
  run: async ({ target, served }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    if (target.token === undefined) return absent(EXPECTED, NO_TOKEN);
    const response = await ask(target, '/', { headers: { accept: 'text/html' } });
    await response.body?.cancel();
    if (response.status !== 200) return judged(false, EXPECTED, `the page was answered ${response.status}`);
    return judgeHeaders(Object.fromEntries(response.headers));
  },
};
