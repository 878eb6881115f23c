import { Undo2 } from 'lucide-react';
import type { Part } from '../api/types.ts';
import { textOf, type QueuedMessage } from '../chat/conversation-state.ts';

interface QueuedMessagesProps {
  messages: readonly QueuedMessage[];
  onTakeBack: (message: QueuedMessage) => void;
}

/** The names of the files in a message. */
function filesOf(parts: readonly Part[]): string[] {
  return parts.flatMap(({ inlineData, fileData }) => (inlineData ?? fileData)?.displayName ?? []);
}

/** Messages sent while an answer is running; each can be taken back until its own turn begins. */
export function QueuedMessages({ messages, onTakeBack }: QueuedMessagesProps) {
  if (messages.length === 0) return null;
  return (
    <section className="queued" aria-label="Queued messages">
      {messages.map((message) => (
        <div key={message.key} className="user-message">
          <p className="user-bubble queued-bubble">
            {[textOf(message.parts), ...filesOf(message.parts)].filter(Boolean).join('\n')}
          </p>
          <div className="queued-note">
            {message.runId ? 'Queued' : 'Sending'}
            <button
              type="button"
              className="button"
              disabled={!message.runId}
              onClick={() => onTakeBack(message)}
            >
              <Undo2 aria-hidden /> Take back
            </button>
          </div>
        </div>
      ))}
    </section>
  );
}
