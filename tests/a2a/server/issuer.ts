import type { Environment } from '../../../backend/config/config.ts';
import { bearer, claims, createSigner, PEER, SERVICE, sign } from '../../identity/kit.ts';
import { serveHere } from '../../support/serve-here.ts';

export const OTHER_PEER = 'other@lornu.iam.gserviceaccount.com';
const AUDIENCE = 'https://lornu.example';

/** A token issuer on this machine, and the environment of a service that trusts it. */
export interface Issuer {
  environment: Environment;
  /** The authorization header of a caller with this e-mail. */
  headersOf: (email: string) => Promise<Record<string, string>>;
  stop: () => Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const signer = await createSigner('k1');
  const server = serveHere(() => Response.json({ keys: [signer.publicJwk] }));
  const iss = server.url.origin;
  return {
    environment: {
      LORNU_SIGN_IN: 'required',
      A2A_TOKEN_ISSUER: iss,
      A2A_TOKEN_JWKS_URL: `${iss}/keys`,
      A2A_TOKEN_AUDIENCE: AUDIENCE,
      A2A_ALLOWED_EMAILS: `${PEER},${OTHER_PEER}`,
      A2A_SERVICE_EMAILS: SERVICE,
      LORNU_LIMIT_REQUESTS_PER_MINUTE: '1000000',
      LORNU_LIMIT_STREAMS: '1000',
    },
    headersOf: async (email) => bearer(await sign(signer, claims(Date.now(), { iss, email }))),
    stop: () => server.stop(true),
  };
}

export { PEER, SERVICE };
