import { decodeJwt } from 'jose';

const RENEW_BEFORE_MS = 5 * 60_000;

/** Caches ID tokens by audience until shortly before they expire; at most one request at a time for each. */
export function createIdTokenCache(
  fetchIdToken: (audience: string) => Promise<string>,
  now: () => number,
): (audience: string) => Promise<string> {
  const held = new Map<string, { token: string; expiresAtMs: number }>();
  const pending = new Map<string, Promise<string>>();

  async function renew(audience: string): Promise<string> {
    const token = await fetchIdToken(audience);
    held.set(audience, { token, expiresAtMs: (decodeJwt(token).exp ?? 0) * 1000 });
    return token;
  }

  return async (audience) => {
    const found = held.get(audience);
    if (found !== undefined && found.expiresAtMs - now() > RENEW_BEFORE_MS) return found.token;
    let request = pending.get(audience);
    if (request === undefined) {
      request = renew(audience).finally(() => pending.delete(audience));
      pending.set(audience, request);
    }
    try {
      return await request;
    } catch (error) {
      // A token that is still valid is better than none while Google cannot be reached.
      if (found !== undefined && found.expiresAtMs - now() > 30_000) return found.token;
      throw error;
    }
  };
}
