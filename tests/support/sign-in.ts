import { type GoogleStandIn, startGoogleStandIn } from '@lornu/standins/google/server.ts';

/** The environment of a service where people of lornu.ai sign in, without its issuer and address. */
export const SIGN_IN = {
  OIDC_CLIENT_ID: 'web',
  OIDC_CLIENT_SECRET: 'client-secret',
  OIDC_ALLOWED_DOMAINS: 'lornu.ai',
  SESSION_KEY: 'a-test-key-for-cookies-of-32-characters',
};

/** The stand-in for Google, and the environment of a service at `publicUrl` that requires signing in with it. */
export async function startSignInGoogle(
  publicUrl: string,
): Promise<{ google: GoogleStandIn; env: Record<string, string> }> {
  const client = {
    id: SIGN_IN.OIDC_CLIENT_ID,
    secret: SIGN_IN.OIDC_CLIENT_SECRET,
    redirectUris: [`${publicUrl}/auth/callback`],
  };
  const google = await startGoogleStandIn({ client });
  const env = {
    ...SIGN_IN,
    LORNU_SIGN_IN: 'required',
    OIDC_ISSUER: google.url,
    LORNU_PUBLIC_URL: publicUrl,
  };
  return { google, env };
}
