/** Why a token was refused. The sentence is sent to the caller: it names the rule, never a value of the token. */
export const TOKEN_REFUSALS = {
  malformed: 'The token is not a signed JWT',
  algorithm: 'The token is signed with an algorithm that is not accepted',
  type: 'The token is of another type',
  header: 'The token names keys or extensions in its header, which is not accepted',
  issuer: 'The token is from an issuer that is not trusted here',
  audience: 'The token is for another audience',
  expired: 'The token has expired',
  early: 'The token is not valid yet',
  claims: 'The token lacks a claim that is needed',
  signature: "The token's signature cannot be verified",
} as const;

export type TokenRefusal = keyof typeof TOKEN_REFUSALS;

/** A token that must not be accepted, with the one rule it broke. */
export class TokenError extends Error {
  readonly refusal: TokenRefusal;

  constructor(refusal: TokenRefusal, options?: { cause?: unknown }) {
    super(TOKEN_REFUSALS[refusal], options);
    this.name = 'TokenError';
    this.refusal = refusal;
  }
}

/** The issuer's keys cannot be fetched and none are cached: not the caller's fault, it may retry. */
export class KeysUnavailableError extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: { cause?: unknown }) {
    super('The keys of the token issuer cannot be read', options);
    this.name = 'KeysUnavailableError';
    this.retryAfterMs = retryAfterMs;
  }
}
