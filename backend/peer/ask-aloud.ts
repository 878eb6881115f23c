import type { PeerAnswer, PeerClient } from './peer-client.ts';
import { PEER_AUTHOR, spokenBy } from './quoted.ts';
import type { TurnVoice } from './turn-voices.ts';

export interface AskAloud {
  peer: PeerClient;
  /** Undefined: nobody listens while it speaks. */
  voice: TurnVoice | undefined;
  question: string;
  metadata: Readonly<Record<string, unknown>>;
  signal: AbortSignal | undefined;
  /** Done before its first word is shown. */
  announce?: () => Promise<void>;
  /** Whether its words are part of what the model reads later, beside a tool's answer. */
  isForModel: boolean;
}

/**
 * Asks the peer and lets the turn hear it: pieces as they come, then the whole, under its own name. What was shown of an
 * answer that broke off is kept too. Throws what PeerClient.ask throws; `announce` was then called if anything was shown.
 */
export async function askAloud(asking: AskAloud): Promise<PeerAnswer> {
  const { peer, voice, question, metadata, signal, announce, isForModel } = asking;
  let announced: Promise<void> | undefined;
  let shown = '';
  const begin = async (): Promise<void> => (announced ??= announce?.() ?? Promise.resolve());
  const show = async (text: string): Promise<void> => {
    await begin();
    voice?.partial(PEER_AUTHOR, text);
  };
  let last = Promise.resolve();
  const onText = (text: string): void => {
    shown += text;
    last = last.then(async () => show(text));
    // Told below, to whoever waits for the answer.
    last.catch(() => undefined);
  };
  try {
    const answer = await peer.ask(question, { metadata, signal, onText });
    await last;
    await begin();
    await voice?.whole(spokenBy(answer, isForModel));
    return answer;
  } catch (error) {
    // A turn that ends keeps by itself what was shown.
    if (shown && !signal?.aborted) {
      await last;
      await voice?.whole(spokenBy({ name: PEER_AUTHOR, text: shown, isCut: true }, isForModel));
    }
    throw error;
  }
}
