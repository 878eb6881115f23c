/**
 * Why there is no answer from the peer: `away` unreachable, `slow` timeout, `refused` it refuses our identity,
 * `untrusted` its card or address is not what it should be, `too-much` it sends more than the limit, `failed` its own
 * turn failed, `paused` the circuit breaker is open.
 */
export type PeerFailure = 'away' | 'slow' | 'refused' | 'untrusted' | 'too-much' | 'failed' | 'paused';

/**
 * The message is a sentence of ours that may be shown to the person and the model; the peer's own text is at most in
 * `cause`.
 */
export class PeerError extends Error {
  readonly failure: PeerFailure;

  constructor(failure: PeerFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PeerError';
    this.failure = failure;
  }
}
