import { AppError } from '../errors/app-error.ts';
import { readAlbCertificate } from './certificates/alb-header.ts';
import { type ClientCertificate, findPeer } from './certificates/client-certificate.ts';
import { createMachine, type MachineLists, toMachine } from './machine-roles.ts';
import { LOCAL_PRINCIPAL, type Principal } from './principal.ts';
import type { PersonSession } from './sign-in/person-session.ts';
import { isFromOwnPage } from './sign-in/same-origin.ts';
import { bearerChallenge, readBearerToken } from './tokens/bearer.ts';
import { KeysUnavailableError, TokenError } from './tokens/token-error.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';

export interface AuthenticatorOptions {
  /** False: everyone is the local caller. Only on loopback; the configuration refuses it otherwise. */
  required: boolean;
  tokens: TokenVerifier | undefined;
  machines: MachineLists;
  /** Peer's e-mail address by the name in its certificate (`URI:spiffe://…`, `DNS:…`). */
  certificatePeers: ReadonlyMap<string, string>;
  /** The port on which the load balancer verifies certificates; undefined: its headers are not trusted. */
  albCertificatePort: number | undefined;
  session: PersonSession | undefined;
  ownOrigins: ReadonlySet<string>;
  now: () => number;
}

/** Authenticates callers. Credentials that are sent must be valid: a cookie never makes up for a bad token. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** The caller. `certificate` is the one that our own TLS front verified for this connection. Throws AppError. */
  async identify(request: Request, certificate: ClientCertificate | undefined): Promise<Principal> {
    if (!this.#options.required) return this.#identifyLocal(request.headers);
    const presented = certificate ?? this.#albCertificate(request.headers);
    const peer = presented === undefined ? undefined : this.#peerOf(presented);
    const token = readBearerToken(request.headers);
    if (token !== undefined) {
      const machine = await this.#verify(token);
      if (peer !== undefined && `peer:${peer}` !== machine.id) {
        throw new AppError('CERTIFICATE_REFUSED', 'The certificate and the token name different callers', {
          headers: { 'www-authenticate': bearerChallenge() },
        });
      }
      return machine;
    }
    if (peer !== undefined) return createMachine('peer', 'certificate', peer);
    const person = await this.#options.session?.read(request.headers);
    if (person === undefined) {
      throw new AppError('UNAUTHENTICATED', undefined, {
        headers: { 'www-authenticate': bearerChallenge() },
      });
    }
    if (!isFromOwnPage(request, this.#options.ownOrigins)) throw new AppError('ORIGIN_FORBIDDEN');
    return person;
  }

  /**
   * An open service needs no authentication, but a token that is sent must be valid: the caller is then its subject.
   */
  async #identifyLocal(headers: Headers): Promise<Principal> {
    const token = this.#options.tokens && readBearerToken(headers);
    return token === undefined ? LOCAL_PRINCIPAL : this.#verify(token);
  }

  #albCertificate(headers: Headers): ClientCertificate | undefined {
    const { albCertificatePort } = this.#options;
    // The load balancer sets this header itself; its other listeners set another port.
    if (albCertificatePort === undefined || headers.get('x-forwarded-port') !== String(albCertificatePort))
      return undefined;
    return readAlbCertificate(headers);
  }

  #peerOf(certificate: ClientCertificate): string {
    const peer = findPeer(certificate, this.#options.certificatePeers, this.#options.now());
    if (peer === undefined) {
      throw new AppError('CERTIFICATE_REFUSED', undefined, {
        headers: { 'www-authenticate': bearerChallenge() },
      });
    }
    return peer;
  }

  async #verify(token: string): Promise<Principal> {
    const { tokens, machines } = this.#options;
    try {
      if (tokens === undefined) throw new TokenError('issuer');
      return toMachine(await tokens.verify(token), machines);
    } catch (error) {
      if (error instanceof TokenError) {
        throw new AppError('TOKEN_REFUSED', error.message, {
          cause: error,
          headers: { 'www-authenticate': bearerChallenge(error.message) },
        });
      }
      if (error instanceof KeysUnavailableError) {
        throw new AppError('ISSUER_UNAVAILABLE', undefined, {
          cause: error,
          headers: { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) },
        });
      }
      throw error;
    }
  }
}
