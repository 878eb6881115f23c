import { isLoopback } from '../config/loopback.ts';
import { PeerError } from './peer-error.ts';
import { withoutTrailing } from '../config/without-trailing.ts';

/** The only address that the peer is called at; whatever a card or a redirect names has to lie within. */
export class PeerAddress {
  /** Without a trailing slash. */
  readonly url: string;
  readonly origin: string;

  /** `url` comes from the configuration, which has seen that it is https, or http on a loopback address. */
  constructor(url: string) {
    this.url = withoutTrailing(url, '/');
    this.origin = new URL(url).origin;
  }

  get cardUrl(): string {
    return `${this.url}/.well-known/agent-card.json`;
  }

  /**
   * The address in its normal form. Throws PeerError unless it has the peer's own origin (scheme, host and port) and
   * no credentials: a card cannot send us, or our token, to an inner address, another host or another port.
   */
  check(address: string): string {
    const url = URL.parse(address);
    const isOwn = url !== null && url.origin === this.origin && url.username === '' && url.password === '';
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
    if (!isOwn || !isSafe)
      throw new PeerError('untrusted', 'The peer names an address outside its own: it is not called.');
    return url.href;
  }
}
