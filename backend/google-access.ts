import { GoogleAuth } from 'google-auth-library';
import type { GoogleIdentity } from './identity/google/google-identity.ts';

/**
 * Access tokens for some of Google's APIs as who we are to Google; where the configuration names nobody, on a
 * developer's machine, with Google's default credentials.
 */
export function accessTokens(
  google: GoogleIdentity | undefined,
  scopes: readonly string[],
): () => Promise<string> {
  if (google) return () => google.accessToken(scopes);
  const auth = new GoogleAuth({ scopes: [...scopes] });
  return async () => (await auth.getAccessToken()) ?? '';
}
