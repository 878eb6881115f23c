import type { Action, Claim } from './balancer.ts';
import { quote } from './patterns.ts';

type TokenAction = Extract<Action, { type: 'jwt-validation' }>;

/** An issuer's key: HAProxy reads PEM, so a JSON key set is written as one file per key. */
export interface TokenKey {
  kid: string;
  /** Path of the public key in PEM. */
  file: string;
}

/**
 * Lines that answer 401 unless the request has a token that the load balancer would accept: RS256, signed by a key of
 * the issuer, `iss` and `exp` correct, `nbf` and `iat` not in the future, and each further claim with one of its
 * values. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
 */
export function tokenChecks(action: TokenAction, keys: readonly TokenKey[], when: string): string[] {
  const deny = (condition: string): string => `http-request deny deny_status 401 if ${when} ${condition}`;
  const set = (name: string, expression: string): string =>
    `http-request set-var(txn.${name}) ${expression} if ${when}`;
  return [
    set('token', 'http_auth_bearer'),
    deny('!{ var(txn.token) -m found }'),
    set('alg', "var(txn.token),jwt_header_query('$.alg')"),
    set('kid', "var(txn.token),jwt_header_query('$.kid')"),
    set('exp', "var(txn.token),jwt_payload_query('$.exp','int')"),
    set('nbf', "var(txn.token),jwt_payload_query('$.nbf','int')"),
    set('iat', "var(txn.token),jwt_payload_query('$.iat','int')"),
    set('now', 'date()'),
    deny('!{ var(txn.alg) -m str RS256 }'),
    ...keys.map(
      ({ kid, file }) =>
        `http-request set-var(txn.signed) bool(true) if ${when} { var(txn.kid) -m str ${quote(kid)} } { var(txn.token),jwt_verify(txn.alg,${quote(file)}) -m int 1 }`,
    ),
    deny('!{ var(txn.signed) -m bool }'),
    deny(`!{ var(txn.token),jwt_payload_query('$.iss') -m str ${quote(action.issuer)} }`),
    deny('!{ var(txn.exp) -m found }'),
    deny('{ var(txn.exp),sub(txn.now) -m int le 0 }'),
    deny('{ var(txn.nbf) -m found } { var(txn.nbf),sub(txn.now) -m int gt 0 }'),
    deny('{ var(txn.iat) -m found } { var(txn.iat),sub(txn.now) -m int gt 0 }'),
    ...action.claims.map((claim) => deny(`!{ ${claimCheck(claim)} }`)),
  ];
}

function claimCheck({ name, format, values }: Claim): string {
  const claim = `var(txn.token),jwt_payload_query(${quote(`$.${name}`)})`;
  if (format === 'single-string') return `${claim} -m str ${values.map(quote).join(' ')}`;
  const words = values.map((value) => quote(`(^| )${RegExp.escape(value)}( |$)`));
  return `${claim} -m reg ${words.join(' ')}`;
}
