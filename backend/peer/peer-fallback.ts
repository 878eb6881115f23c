import { askPeer } from './ask-peer.ts';
import { metadataOfNextHop } from './hops.ts';
import type { PeerClient } from './peer-client.ts';
import { PeerError } from './peer-error.ts';
import { PEER_METADATA_KEY } from './quoted.ts';
import { type PeerMessage, turnScopeOf } from '../adk/turn-scope.ts';

/** Why the model did not answer, as Google's code: RESOURCE_EXHAUSTED, UNAVAILABLE. */
export interface Refused {
  code: string;
  /** HTTP status; undefined if there was no response. */
  status: number | undefined;
}

/**
 * Lets the peer answer the person's message instead of a model that refused it, and announces that before the first
 * text. Returns false, so that the person sees the model's failure, if the turn does not begin with a person's message,
 * came from another agent, or the peer fails too.
 */
export async function answerFromPeer(
  peer: PeerClient,
  agentName: string,
  refused: Refused,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const output = turnScopeOf(signal)?.output;
  const metadata = metadataOfNextHop(output?.metadata);
  if (!output?.question || !metadata) return false;
  const announce = async (): Promise<void> => output.whole(announcementBy(agentName, refused));
  try {
    await askPeer({ peer, output, question: output.question, metadata, signal, announce, isForModel: true });
    return true;
  } catch (error) {
    if (error instanceof PeerError) return false;
    throw error;
  }
}

function announcementBy(author: string, { code, status }: Refused): PeerMessage {
  const reason = status === undefined ? code : `${status} ${code}`;
  const text = `Gemini does not answer now (${reason}). The agent on Google Cloud answers instead; these are its words.`;
  return {
    author,
    content: { role: 'model', parts: [{ text }] },
    customMetadata: { [PEER_METADATA_KEY]: { answersInstead: true, code, ...(status ? { status } : {}) } },
  };
}
