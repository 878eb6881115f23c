import { askPeer } from './ask-peer.ts';
import { metadataOfNextHop } from './hops.ts';
import type { PeerClient } from './peer-client.ts';
import { PeerError } from './peer-error.ts';
import { quotedFor } from './quoted.ts';
import { turnScopeOf } from '../adk/turn-scope.ts';

const GO_ON = 'Go on without it, and say that you did.';

/**
 * Asks the peer during a turn: its answer is shown under its own name as it arrives, and given to the model as a
 * quotation. A failure is reported to the model in a sentence; the turn continues.
 */
export async function consult(
  peer: PeerClient,
  question: string,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const output = turnScopeOf(signal)?.output;
  const metadata = metadataOfNextHop(output?.metadata);
  if (!metadata)
    return { error: 'This question came from another agent: answer it yourself, without asking one.' };
  try {
    return quotedFor(await askPeer({ peer, output, question, metadata, signal, isForModel: false }));
  } catch (error) {
    if (error instanceof PeerError) return { error: `${error.message} ${GO_ON}` };
    throw error;
  }
}
