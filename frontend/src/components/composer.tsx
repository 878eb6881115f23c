import { ArrowUp, ListPlus, Square, Zap } from 'lucide-react';
import { useEffect, useRef, type FormEvent, type SyntheticEvent } from 'react';
import { isComposing, isSendKey } from '../util/keys.ts';
import { toMessage } from '../util/message.ts';

interface ComposerProps {
  agentName: string;
  draft: string;
  isBusy: boolean;
  onDraft: (text: string) => void;
  onSend: (text: string) => void;
  /** While an answer comes: to be answered after it, or instead of it. */
  onSendMeanwhile: (text: string, whenBusy: 'queue' | 'interrupt') => void;
  onStop: () => void;
}

/**
 * Where a person writes. While an answer comes they can stop it, queue what they have written (Enter), or have it answered
 * instead (Ctrl+Enter).
 */
export function Composer({
  agentName,
  draft,
  isBusy,
  onDraft,
  onSend,
  onSendMeanwhile,
  onStop,
}: ComposerProps) {
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focusOnSlash);
    return () => removeEventListener('keydown', focusOnSlash);
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const text = toMessage(draft);
    if (!text) return;
    if (isBusy) onSendMeanwhile(text, 'queue');
    else onSend(text);
  }

  function interrupt(event: SyntheticEvent): void {
    event.preventDefault();
    const text = toMessage(draft);
    if (text) onSendMeanwhile(text, 'interrupt');
  }

  return (
    <form className="composer" onSubmit={submit}>
      <textarea
        ref={input}
        id="message"
        dir="auto"
        aria-label="Message"
        placeholder={`Message ${agentName}`}
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && isBusy && !isComposing(event)) onStop();
          else if (isBusy && isSendKey(event) && (event.ctrlKey || event.metaKey)) interrupt(event);
          else if (isSendKey(event)) submit(event);
        }}
      />
      {isBusy && draft.trim() && (
        <>
          <button
            type="button"
            className="send send-second"
            aria-label="Stop and send"
            title="Stop the answer and send this (Ctrl+Enter)"
            onClick={interrupt}
          >
            <Zap aria-hidden />
          </button>
          <button type="submit" className="send" aria-label="Queue" title="Send after this answer (Enter)">
            <ListPlus aria-hidden />
          </button>
        </>
      )}
      {isBusy ? (
        <button
          type="button"
          className="send send-stop"
          aria-label="Stop"
          title="Stop (Esc)"
          onClick={onStop}
        >
          <Square aria-hidden />
        </button>
      ) : (
        <button
          type="submit"
          className="send"
          aria-label="Send"
          title="Send (Enter)"
          disabled={!draft.trim()}
        >
          <ArrowUp aria-hidden />
        </button>
      )}
    </form>
  );
}
