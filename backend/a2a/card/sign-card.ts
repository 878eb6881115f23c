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

/** A public key set, as RFC 7517 has it. */
export interface PublicKeys {
  keys: JWK[];
}

/**
 * Signs cards (specification 1.0.1, 8.4) with the key that is newest, and tells the public one. A card that was signed with
 * the key before may still lie in a reader's cache, so its public key stays known until the service is started anew.
 */
export class CardSigner {
  readonly #secret: Secret;
  readonly #known = new Map<string, Promise<Key>>();
  readonly #signed = new WeakMap<AgentCard, { pem: string; card: Promise<AgentCard> }>();

  /** `secret` holds a private key of the curve P-256, PKCS #8 PEM. */
  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** The card with its signature. `keysUrl` says where the public key is; who verifies decides whether to believe that. */
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
    // The SDK takes the card for its JSON, despite the declared type: with the decoded form it would lose the security schemes.
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
