import { ArrowUp, ListPlus, Square, Zap } from 'lucide-react';
import {
  useEffect,
  useRef,
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  type SyntheticEvent,
} from 'react';
import type { Draft } from '../chat/draft.ts';
import { useInputHistory } from '../chat/input-history.ts';
import { isComposing, isSendKey } from '../util/keys.ts';
import { toMessage } from '../util/message.ts';
import { AttachButton } from './attach-button.tsx';
import { AttachmentList } from './attachment-list.tsx';
import { DictateButton } from './dictate-button.tsx';
import { ModelPicker } from './model-picker.tsx';

interface ComposerProps {
  agentName: string;
  draft: Draft;
  isBusy: boolean;
  /** Earlier messages of this conversation, oldest first: the arrow up recalls them. */
  history: readonly string[];
  /** Models that may answer; the first is the usual one. */
  models: readonly string[];
  model: string | undefined;
  onModel: (model: string) => void;
  onFiles: (files: File[]) => void;
  onSend: (text: string) => void;
  /** Sends while an answer is running: to be answered after it, or instead of it. */
  onSendMeanwhile: (text: string, whenBusy: 'queue' | 'interrupt') => void;
  onStop: () => void;
}

/**
 * The message box. While an answer is running a person can stop it, queue a message (Enter), or have it answered
 * instead (Ctrl+Enter).
 */
export function Composer(props: ComposerProps) {
  const { agentName, draft, isBusy, history, models, model, onModel } = props;
  const { onFiles, onSend, onSendMeanwhile, onStop } = props;
  const input = useRef<HTMLTextAreaElement>(null);
  const recall = useInputHistory(history, draft.setText);
  useEffect(() => {
    const focusOnSlash = (event: globalThis.KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focusOnSlash);
    return () => removeEventListener('keydown', focusOnSlash);
  }, []);
  const isEmpty = !draft.text.trim() && draft.attachments.length === 0;

  function submit(event: FormEvent): void {
    event.preventDefault();
    const text = toMessage(draft.text);
    if (isEmpty) return;
    if (isBusy) onSendMeanwhile(text, 'queue');
    else onSend(text);
  }

  function interrupt(event: SyntheticEvent): void {
    event.preventDefault();
    if (!isEmpty) onSendMeanwhile(toMessage(draft.text), 'interrupt');
  }

  function handleKey(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key === 'Escape' && isBusy && !isComposing(event)) onStop();
    else if (isBusy && isSendKey(event) && (event.ctrlKey || event.metaKey)) interrupt(event);
    else if (isSendKey(event)) submit(event);
    else if (recall(event)) event.preventDefault();
  }

  function paste(event: ClipboardEvent): void {
    const files = [...event.clipboardData.files];
    // A table copied from a spreadsheet also contains a picture; the person wants the text.
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    onFiles(files);
  }

  return (
    <form className="composer" onSubmit={submit}>
      <AttachmentList
        attachments={draft.attachments}
        onRemove={(key) => draft.setAttachments((before) => before.filter((one) => one.key !== key))}
      />
      <div className="composer-line">
        <AttachButton onFiles={onFiles} />
        <textarea
          ref={input}
          id="message"
          dir="auto"
          aria-label="Message"
          placeholder={`Message ${agentName}`}
          rows={1}
          value={draft.text}
          onChange={(event) => draft.setText(event.target.value)}
          onKeyDown={handleKey}
          onPaste={paste}
        />
        {models.length > 1 && <ModelPicker models={models} model={model} onPick={onModel} />}
        <DictateButton text={draft.text} onText={draft.setText} />
        {isBusy && !isEmpty && (
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
          <button type="submit" className="send" aria-label="Send" title="Send (Enter)" disabled={isEmpty}>
            <ArrowUp aria-hidden />
          </button>
        )}
      </div>
    </form>
  );
}
