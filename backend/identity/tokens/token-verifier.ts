import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { KeySet, type KeySetOptions, type LocalKeys } from './key-set.ts';
import { TokenError, type TokenRefusal } from './token-error.ts';

export interface TrustedIssuer {
  /** Must equal `iss` exactly. */
  issuer: string;
  jwksUrl: string;
  /** Accepted audiences: `aud` must contain one of them. */
  audiences: readonly string[];
  algorithms: readonly string[];
}

export interface VerifiedToken {
  subject: string;
  /** Only set if the issuer verified it (`email_verified`). */
  email?: string;
}

export type TokenVerifierOptions = Pick<KeySetOptions, 'fetch' | 'now' | 'onOutage'> & {
  issuers: readonly TrustedIssuer[];
};

/** The clocks of the two clouds differ by less. */
export const CLOCK_TOLERANCE_S = 30;

// Headers by which a token could supply its own key (RFC 7515, 4.1.2-4.1.6) or require extensions (4.1.11).
const REFUSED_HEADERS = ['jku', 'x5u', 'jwk', 'x5c', 'crit'] as const;

/** Verified tokens that are remembered: more than there are callers. */
const MOST_REMEMBERED = 1_000;

/** A token whose signature need not be checked again with the same keys, between two times of our clock. */
interface Remembered {
  verified: VerifiedToken;
  issuer: KeySet;
  keys: LocalKeys;
  fromMs: number;
  untilMs: number;
}

/** Verifies tokens of configured issuers with their published keys; nothing in a token extends what is accepted. */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, { trusted: TrustedIssuer; keys: KeySet }>;
  readonly #now: () => number;
  /** A caller sends the same token for an hour, and checking its signature is a twentieth of a turn's CPU. */
  readonly #remembered = new Map<string, Remembered>();

  constructor({ issuers, ...keySetOptions }: TokenVerifierOptions) {
    this.#now = keySetOptions.now;
    this.#issuers = new Map(
      issuers.map((trusted) => [
        trusted.issuer,
        { trusted, keys: new KeySet({ url: trusted.jwksUrl, ...keySetOptions }) },
      ]),
    );
  }

  /** Throws TokenError (the caller's fault) or KeysUnavailableError (the issuer's). */
  async verify(token: string): Promise<VerifiedToken> {
    const known = this.#remembered.get(token);
    const nowMs = this.#now();
    if (known && known.fromMs <= nowMs && nowMs < known.untilMs && known.keys === known.issuer.current())
      return known.verified;
    return this.#check(token);
  }

  async #check(token: string): Promise<VerifiedToken> {
    const { header, claims } = decode(token);
    for (const name of REFUSED_HEADERS) {
      if (header[name] !== undefined) throw new TokenError('header');
    }
    if (!isPlainJwt(header.typ)) throw new TokenError('type');
    // Only the keys of the issuer that the token names are tried, so no issuer can sign for another.
    const found = this.#issuers.get(claims.iss ?? '');
    if (found === undefined) throw new TokenError('issuer');
    const keys = found.keys.current();
    try {
      const { payload } = await jwtVerify(token, found.keys.find, {
        algorithms: [...found.trusted.algorithms],
        issuer: found.trusted.issuer,
        audience: [...found.trusted.audiences],
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#now()),
      });
      assertTimes(payload, this.#now() / 1_000);
      const verified = toVerified(payload);
      // Not remembered if the keys were loaded again meanwhile: the new ones may not include the key of this token.
      if (keys && keys === found.keys.current())
        this.#remember(token, { verified, issuer: found.keys, keys }, payload);
      return verified;
    } catch (error) {
      throw toTokenError(error);
    }
  }

  #remember(
    token: string,
    by: Pick<Remembered, 'verified' | 'issuer' | 'keys'>,
    { exp = 0 }: JWTPayload,
  ): void {
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(token, { ...by, fromMs: this.#now(), untilMs: exp * 1_000 });
  }
}

function decode(token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch (cause) {
    throw new TokenError('malformed', { cause });
  }
}

/** Access tokens (`at+jwt`), logout tokens and others are for other uses (RFC 8725, 3.11). */
function isPlainJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && /^(application\/)?jwt$/i.test(typ));
}

/** Google's ID tokens live for an hour. */
const MAX_LIFETIME_S = 24 * 3_600;

/** Checks that jose does not make: the token was already issued, and its lifetime is limited. */
function assertTimes({ iat = Number.NaN, exp = Number.NaN }: JWTPayload, nowS: number): void {
  if (iat > nowS + CLOCK_TOLERANCE_S) throw new TokenError('early');
  if (!(exp - iat <= MAX_LIFETIME_S)) throw new TokenError('claims');
}

function toVerified(payload: JWTPayload): VerifiedToken {
  const { sub, email, email_verified: emailVerified } = payload;
  if (typeof sub !== 'string' || sub === '') throw new TokenError('claims');
  return {
    subject: sub,
    ...(typeof email === 'string' && emailVerified === true ? { email: email.toLowerCase() } : {}),
  };
}

const CLAIM_REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  aud: 'audience',
  iss: 'issuer',
  nbf: 'early',
};

/** Converts jose's refusals to TokenError; passes any other error through. */
function toTokenError(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new TokenError('expired', { cause: error });
  if (error instanceof errors.JWTClaimValidationFailed) {
    const missing = error.reason === 'missing' && error.claim !== 'aud';
    return new TokenError(missing ? 'claims' : (CLAIM_REFUSALS[error.claim] ?? 'claims'), { cause: error });
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return new TokenError('algorithm', { cause: error });
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new TokenError('signature', { cause: error });
  if (error instanceof errors.JOSEError) return new TokenError('malformed', { cause: error });
  return error;
}
