import { AppError } from '../../errors/app-error.ts';

/** Longest accepted token, in characters; Google's ID tokens have about 1,200. */
export const MAX_TOKEN_LENGTH = 8 * 1024;

// RFC 6750, 2.1; the scheme's name is case-insensitive (RFC 9110, 11.1).
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The token of the Authorization header; undefined without that header. Tokens are read from nowhere else, as URLs end
 * up in logs. Throws AppError for anything but one well-formed Bearer header; two headers arrive joined by a comma and
 * are therefore refused.
 */
export function readBearerToken(headers: Headers): string | undefined {
  const value = headers.get('authorization');
  if (value === null) return undefined;
  if (value.length > MAX_TOKEN_LENGTH + 'Bearer '.length) throw new AppError('HEADERS_TOO_LARGE');
  const token = BEARER.exec(value.trim())?.[1];
  if (token === undefined) {
    throw new AppError('TOKEN_REFUSED', 'The Authorization header must be one Bearer token', {
      headers: { 'www-authenticate': bearerChallenge('The Authorization header must be one Bearer token') },
    });
  }
  return token;
}

/** WWW-Authenticate of a refusal (RFC 6750, 3); without a description if no token was sent. */
export function bearerChallenge(description?: string, error = 'invalid_token'): string {
  const realm = 'Bearer realm="lornu"';
  return description === undefined
    ? realm
    : `${realm}, error="${error}", error_description="${description.replaceAll('"', "'")}"`;
}
