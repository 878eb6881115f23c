import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** The issuer's RS256 keys: the newest one signs, the previous one stays published, as at Google during a rotation. */
export class SigningKeys {
  #keys: SigningKey[] = [];

  static async create(): Promise<SigningKeys> {
    const keys = new SigningKeys();
    await keys.rotate();
    return keys;
  }

  /** A new key signs from now on, until `signWithOld`; both are published until `takeBack`. */
  async rotate(): Promise<{ signWithOld: () => void; takeBack: () => void }> {
    const before = this.#keys;
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = crypto.randomUUID().replaceAll('-', '');
    const publicJwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' };
    this.#keys = [{ kid, privateKey, publicJwk }, ...this.#keys.slice(0, 1)];
    const [fresh, ...old] = this.#keys;
    return {
      signWithOld: () => (this.#keys = [...old, ...(fresh ? [fresh] : [])]),
      takeBack: () => (this.#keys = before),
    };
  }

  jwks(): { keys: JWK[] } {
    return { keys: this.#keys.map(({ publicJwk }) => publicJwk) };
  }

  async sign(claims: JWTPayload): Promise<string> {
    const key = this.#keys[0];
    if (key === undefined) throw new Error('no signing key yet');
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT' })
      .sign(key.privateKey);
  }
}
