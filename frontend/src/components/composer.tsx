import { ArrowUp, Square } from 'lucide-react';
import { useEffect, useRef, type FormEvent } from 'react';
import { isComposing, isSendKey } from '../util/keys.ts';
import { toMessage } from '../util/message.ts';

interface ComposerProps {
  agentName: string;
  draft: string;
  isBusy: boolean;
  onDraft: (text: string) => void;
  onSend: (text: string) => void;
  onStop: () => void;
}

/** Where a person writes. While an answer comes, they can write on, and the button stops the answer. */
export function Composer({ agentName, draft, isBusy, onDraft, onSend, onStop }: ComposerProps) {
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
    if (!text || isBusy) return;
    onSend(text);
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
          else if (isSendKey(event)) submit(event);
        }}
      />
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
