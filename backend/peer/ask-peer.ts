import type { PeerAnswer, PeerClient } from './peer-client.ts';
import { PEER_AUTHOR, peerMessage } from './quoted.ts';
import type { TurnOutput } from '../adk/turn-scope.ts';

export interface PeerQuestion {
  peer: PeerClient;
  /** Undefined outside a turn: nothing is shown then. */
  output: TurnOutput | undefined;
  question: string;
  metadata: Readonly<Record<string, unknown>>;
  signal: AbortSignal | undefined;
  /** Called before the first text is shown. */
  announce?: () => Promise<void>;
  /** Whether the model reads the answer later. False if a tool's response already holds it. */
  isForModel: boolean;
}

/**
 * Asks the peer and writes its answer into the turn under the peer's name: first chunks, then the complete message. If
 * the answer breaks off, the text that was shown is stored. Throws what PeerClient.ask throws.
 */
export async function askPeer(asking: PeerQuestion): Promise<PeerAnswer> {
  const { peer, output, question, metadata, signal, announce, isForModel } = asking;
  let announced: Promise<void> | undefined;
  let shown = '';
  const begin = async (): Promise<void> => (announced ??= announce?.() ?? Promise.resolve());
  const show = async (text: string): Promise<void> => {
    await begin();
    output?.partial(PEER_AUTHOR, text);
  };
  let last = Promise.resolve();
  const onText = (text: string): void => {
    shown += text;
    last = last.then(async () => show(text));
    // The failure is thrown below, where `last` is awaited.
    last.catch(() => undefined);
  };
  try {
    const answer = await peer.ask(question, { metadata, signal, onText });
    await last;
    await begin();
    await output?.whole(peerMessage(answer, isForModel));
    return answer;
  } catch (error) {
    // A cancelled turn stores its shown text by itself.
    if (shown && !signal?.aborted) {
      await last;
      await output?.whole(peerMessage({ name: PEER_AUTHOR, text: shown, isCut: true }, isForModel));
    }
    throw error;
  }
}
