import { Undo2 } from 'lucide-react';
import { textOf, type QueuedMessage } from '../chat/conversation-state.ts';

interface QueuedMessagesProps {
  messages: readonly QueuedMessage[];
  onTakeBack: (message: QueuedMessage) => void;
}

/** Messages sent while an answer is running; each can be taken back until its own turn begins. */
export function QueuedMessages({ messages, onTakeBack }: QueuedMessagesProps) {
  if (messages.length === 0) return null;
  return (
    <section className="queued" aria-label="Queued messages">
      {messages.map((message) => (
        <div key={message.key} className="user-message">
          <p className="user-bubble queued-bubble">{textOf(message.parts)}</p>
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
