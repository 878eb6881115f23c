import { useEffect, useRef, useState } from 'react';
import { announce, lastWords } from '../chat/announce.ts';
import { isBusy, type ConversationState } from '../chat/conversation-state.ts';
import { Sentences } from '../chat/sentences.ts';

/**
 * Sentences that stay in the page: a screen reader announces additions, and drops what is removed before it was read.
 */
const KEPT = 50;

/**
 * Announces an answer for screen readers while it streams: whole sentences, each once, and at once anything that needs
 * the person. An existing answer is read in place.
 */
export function Announcer({ state }: { state: ConversationState }) {
  const { events } = state;
  const busy = isBusy(state);
  const { words, isUrgent } = announce(state);
  const [said, setSaid] = useState<{ key: number; words: string }[]>([]);
  const [told, setTold] = useState({ words: '', isUrgent: false });
  const reader = useRef<Sentences>(undefined);
  const count = useRef(0);
  const wasBusy = useRef(false);
  useEffect(() => {
    if (busy && !reader.current) {
      wasBusy.current = true;
      reader.current = new Sentences();
      // An answer that continues after a question begins with text that was already announced.
      reader.current.next(lastWords(events), true);
    }
    // The completion is announced with the last sentences, not before them.
    if (wasBusy.current) setTold({ words, isUrgent });
    if (!reader.current) return;
    const whole = reader.current.next(lastWords(events), !busy);
    if (!busy) reader.current = undefined;
    if (whole.length === 0) return;
    setSaid((before) =>
      [...before, ...whole.map((text) => ({ key: count.current++, words: text }))].slice(-KEPT),
    );
  }, [busy, events, words, isUrgent]);
  return (
    <div className="visually-hidden">
      <div role="log" aria-label="The answer, as it comes">
        {said.map((sentence) => (
          <p key={sentence.key}>{sentence.words}</p>
        ))}
      </div>
      <p role="status">{told.isUrgent ? '' : told.words}</p>
      <p aria-live="assertive">{told.isUrgent ? told.words : ''}</p>
    </div>
  );
}
