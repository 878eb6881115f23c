import { expect, test } from 'bun:test';
import { TokenVerifier } from '../../backend/identity/tokens/token-verifier.ts';
import { AUDIENCE, claims, createSigner, ISSUER, JWKS_URL, sign } from './kit.ts';

/** Each is verified once: the service remembers those that it has verified. */
const TOKENS = 200;

/** Median in milliseconds. */
async function medianMs(work: (index: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TOKENS; i++) {
    const beganMs = performance.now();
    await work(i);
    times.push(performance.now() - beganMs);
  }
  return times.toSorted((a, b) => a - b)[times.length / 2] ?? 0;
}

test('verifying a token costs little more than its signature', async () => {
  const signer = await createSigner('k1');
  const newVerifier = (): TokenVerifier =>
    new TokenVerifier({
      issuers: [{ issuer: ISSUER, jwksUrl: JWKS_URL, audiences: [AUDIENCE], algorithms: ['RS256'] }],
      now: Date.now,
      fetch: (async () => Response.json({ keys: [signer.publicJwk] })) as unknown as typeof fetch,
    });
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, (_, i) => sign(signer, claims(Date.now(), { jti: `token-${i}` }))),
  );
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const publicKey = await crypto.subtle.importKey('jwk', signer.publicJwk, algorithm, false, ['verify']);
  const signed = tokens.map((token) => {
    const at = token.lastIndexOf('.');
    return {
      input: Buffer.from(token.slice(0, at)),
      signature: Buffer.from(token.slice(at + 1), 'base64url'),
    };
  });
  const verifyWith = (verifier: TokenVerifier) => (index: number) => verifier.verify(tokens[index] ?? '');
  const verifyBare = (index: number) => {
    const { signature, input } = signed[index] ?? { signature: Buffer.alloc(0), input: Buffer.alloc(0) };
    return crypto.subtle.verify(algorithm, publicKey, signature, input);
  };
  await medianMs(verifyWith(newVerifier()));
  const bareMs = await medianMs(verifyBare);
  const wholeMs = await medianMs(verifyWith(newVerifier()));
  process.stdout.write(
    `a token costs ${wholeMs.toFixed(3)} ms at the median, its signature alone ${bareMs.toFixed(3)} ms (to reach: 0.3 ms)\n`,
  );
  // A ratio within one run: an absolute time would fail on a busy machine.
  expect(wholeMs / bareMs).toBeLessThan(10);
});
