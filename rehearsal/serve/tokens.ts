import type { GoogleStandIn } from '@lornu/standins/google/server.ts';
import { VERIFIER_EMAIL } from '../terraform/variables.ts';

export interface TokenClaims {
  /** Defaults to the applied audience. */
  audience?: string;
  /** Default: the verifier's, which may act for any user. */
  email?: string;
  issuer?: string;
  /** Seconds from now; negative: it has expired. */
  lifetimeS?: number;
}

/** Makes ID tokens like Google's for a service account, signed with the stand-in's key. */
export function createTokenIssuer(
  google: GoogleStandIn,
  applied: { issuer: string; audience: string },
): (claims?: TokenClaims) => Promise<string> {
  return async ({
    audience = applied.audience,
    email = VERIFIER_EMAIL,
    issuer = applied.issuer,
    lifetimeS = 3600,
  } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return google.keys.sign({
      iss: issuer,
      aud: audience,
      azp: email,
      sub: subjectOf(email),
      email,
      email_verified: true,
      iat: Math.min(now, now + lifetimeS - 1),
      exp: now + lifetimeS,
    });
  };
}

/** Google's subjects are numbers of 21 digits; the same e-mail always gets the same one. */
function subjectOf(email: string): string {
  return `1${(Bun.hash.wyhash(email) % 10n ** 20n).toString().padStart(20, '0')}`;
}
