/**
 * Why a peer's answer did not come: `away` nobody answers, `slow` not in time, `refused` it will not answer us,
 * `untrusted` it is not what it should be, `too-much` it sends more than is read, `failed` its own turn failed,
 * `paused` it failed so often that it is left alone for a while.
 */
export type PeerFailure = 'away' | 'slow' | 'refused' | 'untrusted' | 'too-much' | 'failed' | 'paused';

/** The message is a sentence of ours, fit for the person and the model; what the peer said is in `cause` at most. */
export class PeerError extends Error {
  readonly failure: PeerFailure;

  constructor(failure: PeerFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PeerError';
    this.failure = failure;
  }
}
