import { type VerifyCheck, absent, judged, type Verdict } from '../check.ts';
import { addressOf, ask } from '../target.ts';

const PATH = '/health?from=http';
const EXPECTED = '301 to the same place over https';

/** `hosts`: allowed hosts of the location; the port is up to the load balancer. */
export function judgeRedirect(
  seen: { status: number; location: string | null },
  hosts: readonly string[],
): Verdict {
  const location = seen.location === null ? undefined : URL.parse(seen.location);
  const holds =
    seen.status === 301 &&
    location?.protocol === 'https:' &&
    hosts.includes(location.hostname) &&
    location.pathname + location.search === PATH;
  return judged(holds, EXPECTED, `${seen.status} to ${seen.location ?? 'nowhere'}`);
}

export const redirect: VerifyCheck = {
  id: 'redirect',
  title: 'plain HTTP is sent on to HTTPS',
  run: async ({ target }) => {
    const address = addressOf(target, PATH, true);
    if (!address) return absent(EXPECTED, 'it is not known where plain HTTP is (--connect-http)');
    const response = await ask(target, PATH, { plain: true, anonymous: true });
    return judgeRedirect({ status: response.status, location: response.headers.get('location') }, [
      target.url.hostname,
      address.hostname,
    ]);
  },
};
