import { AgentCard, generateAgentCardSignature } from '@a2a-js/sdk';
import { calculateJwkThumbprint, exportJWK, importPKCS8, type CryptoKey, type JWK } from 'jose';
import { createPublicKey } from 'node:crypto';
import type { Secret } from '../../identity/secrets/secret.ts';

const ALGORITHM = 'ES256';

interface Key {
  pem: string;
  privateKey: CryptoKey;
  publicJwk: JWK & { kid: string };
}

/** A public key set (RFC 7517). */
export interface PublicKeys {
  keys: JWK[];
}

/**
 * Signs cards with the newest key (specification 1.0.1, section 8.4) and publishes the public keys. A cached card may
 * still carry a signature by the previous key, so that public key stays published until the service restarts.
 */
export class CardSigner {
  readonly #secret: Secret;
  readonly #known = new Map<string, Promise<Key>>();
  readonly #signed = new WeakMap<AgentCard, { pem: string; card: Promise<AgentCard> }>();

  /** `secret` holds a P-256 private key as PKCS #8 PEM. */
  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /**
   * Returns the card with its signature. `keysUrl` points to the public key; the verifier decides whether to trust that
   * address.
   */
  async sign(card: AgentCard, keysUrl: string): Promise<AgentCard> {
    const pem = this.#secret.current();
    const known = this.#signed.get(card);
    if (known?.pem === pem) return known.card;
    const signed = this.#sign(card, pem, keysUrl);
    this.#signed.set(card, { pem, card: signed });
    return signed;
  }

  async publicKeys(): Promise<PublicKeys> {
    await this.#keyOf(this.#secret.current());
    const keys = await Promise.all(this.#known.values());
    return { keys: keys.map(({ publicJwk }) => publicJwk).toReversed() };
  }

  async #sign(card: AgentCard, pem: string, keysUrl: string): Promise<AgentCard> {
    const { privateKey, publicJwk } = await this.#keyOf(pem);
    const header = { alg: ALGORITHM, typ: 'JOSE', kid: publicJwk.kid, jku: keysUrl };
    // Despite the declared type, the SDK expects the card as JSON: with the decoded form it would lose the security
    // schemes.
    const json = AgentCard.toJSON({ ...card, signatures: [] }) as AgentCard;
    const { signatures } = await generateAgentCardSignature(privateKey, header)(json);
    return { ...card, signatures };
  }

  #keyOf(pem: string): Promise<Key> {
    const known = this.#known.get(pem) ?? readKey(pem);
    this.#known.set(pem, known);
    return known;
  }
}

async function readKey(pem: string): Promise<Key> {
  const jwk = await exportJWK(createPublicKey(pem));
  const kid = await calculateJwkThumbprint(jwk);
  return {
    pem,
    privateKey: await importPKCS8(pem, ALGORITHM),
    publicJwk: { ...jwk, kid, alg: ALGORITHM, use: 'sig' },
  };
}
