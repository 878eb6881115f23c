import { AgentCard, canonicalizeAgentCard } from '@a2a-js/sdk';
import { decodeProtectedHeader, flattenedVerify, importJWK, type JWK } from 'jose';
import { PeerError } from './peer-error.ts';

const ALGORITHM = 'ES256';

/**
 * Throws PeerError unless one of the card's signatures was made with one of these keys (A2A 1.0, 8.4). Keys come from
 * the configuration only: the card's own key address (`jku`) is ignored.
 */
export async function verifyCard(card: AgentCard, keys: readonly JWK[]): Promise<void> {
  // Despite the declared type, the SDK expects the card as JSON: with the decoded form it would lose the security
  // schemes.
  const json = AgentCard.toJSON(card) as AgentCard;
  const payload = Buffer.from(canonicalizeAgentCard(json)).toString('base64url');
  for (const { protected: header, signature } of card.signatures) {
    if (await isSignedBy(keys, { payload, protected: header, signature })) return;
  }
  throw new PeerError('untrusted', "The peer's card is not signed with a key that is trusted here.");
}

async function isSignedBy(
  keys: readonly JWK[],
  jws: { payload: string; protected: string; signature: string },
): Promise<boolean> {
  try {
    const { kid } = decodeProtectedHeader(jws);
    const jwk = keys.find((key) => key.kid === kid);
    if (!jwk) return false;
    await flattenedVerify(jws, await importJWK(jwk, ALGORITHM), { algorithms: [ALGORITHM] });
    return true;
  } catch {
    return false;
  }
}
