import { isLoopback } from '../config/loopback.ts';
import { PeerError } from './peer-error.ts';
import { withoutTrailing } from '../config/without-trailing.ts';

/** The only address at which the peer is called; any address in a card or redirect must lie within it. */
export class PeerAddress {
  /** Without a trailing slash. */
  readonly url: string;
  readonly origin: string;

  /** `url` comes from the configuration, which has checked that it is https, or http on a loopback address. */
  constructor(url: string) {
    this.url = withoutTrailing(url, '/');
    this.origin = new URL(url).origin;
  }

  get cardUrl(): string {
    return `${this.url}/.well-known/agent-card.json`;
  }

  /**
   * The normalised address. Throws PeerError unless it has the peer's own origin (scheme, host and port) and no
   * credentials: a card cannot send us, or our token, to an internal address, another host or another port.
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
