import { GoogleAuth } from 'google-auth-library';
import type { GoogleIdentity } from './identity/google/google-identity.ts';

/**
 * Access tokens for the given scopes, under our Google identity. If the configuration names none (on a developer's
 * machine): under Google's default credentials.
 */
export function accessTokens(
  google: GoogleIdentity | undefined,
  scopes: readonly string[],
): () => Promise<string> {
  if (google) return () => google.accessToken(scopes);
  const auth = new GoogleAuth({ scopes: [...scopes] });
  return async () => (await auth.getAccessToken()) ?? '';
}
