import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { TokenShape } from './world.ts';

/** A key for one run only. It signs no tokens outside the checks. */
export interface Issuer {
  /** The published keys. */
  keys: JWK[];
  token: (claims: JWTPayload, shape?: TokenShape) => Promise<string>;
}

const KEY_ID = 'conformance';

/** A token issuer with one published key. It signs any claims, and on request with another key or algorithm. */
export async function createIssuer(): Promise<Issuer> {
  const own = await generateKeyPair('RS256', { extractable: true });
  const foreign = await generateKeyPair('RS256', { extractable: true });
  // The published key, used with another hash algorithm.
  const longer = await importJWK(await exportJWK(own.privateKey), 'RS512');
  const elliptic = await generateKeyPair('ES256', { extractable: true });
  return {
    keys: [{ ...(await exportJWK(own.publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' }],
    token: async (claims, { foreignKey = false, kid = KEY_ID, algorithm = 'RS256' } = {}) => {
      if (algorithm === 'none') {
        const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none', kid })}.${part(claims)}.`;
      }
      const key = {
        ES256: elliptic.privateKey,
        RS512: longer,
        RS256: (foreignKey ? foreign : own).privateKey,
      }[algorithm];
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(key);
    },
  };
}
