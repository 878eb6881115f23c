import type { IdentityConfig } from './config/identity-config.ts';
import type { GoogleIdentity } from './identity/google/google-identity.ts';
import type { ModelSettings } from './model/model-settings.ts';
import type { Logger } from './observability/logger.ts';
import { Unusable } from './observability/readiness.ts';
import { answerFromPeer } from './peer/peer-fallback.ts';
import { PeerClient } from './peer/peer-client.ts';
import { PeerError } from './peer/peer-error.ts';

/** The configured peer, called under our Google identity; undefined if none is configured. */
export function createPeer(
  { peer }: Pick<IdentityConfig, 'peer'>,
  google: GoogleIdentity | undefined,
  log: Logger,
  newId: () => string,
): PeerClient | undefined {
  if (!peer) return undefined;
  const { url, audience, cardKeys, withinMs } = peer;
  const idToken = google && (async (whom: string) => google.idToken(whom));
  return new PeerClient({ url, audience, cardKeys, withinMs, idToken, log, newId });
}

/** Model settings that let the peer answer when the model refuses. */
export function peerFallbackSettings(peer: PeerClient): Pick<ModelSettings, 'peerFallback' | 'maxRetries'> {
  return {
    // The peer can answer instead, so a person does not wait for a third attempt.
    maxRetries: 1,
    peerFallback: async (agentName, refused, signal) => answerFromPeer(peer, agentName, refused, signal),
  };
}

/** For /ready: whether the peer serves an acceptable card and its circuit breaker is closed. */
export async function probePeer(peer: PeerClient, signal: AbortSignal): Promise<void> {
  try {
    await peer.probe(signal);
  } catch (error) {
    throw error instanceof PeerError ? new Unusable(error.message, { cause: error }) : error;
  }
}
