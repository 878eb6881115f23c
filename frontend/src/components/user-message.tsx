import { ChevronLeft, ChevronRight, Pencil } from 'lucide-react';
import { useId, useRef, useState, type FormEvent } from 'react';
import { flushSync } from 'react-dom';
import type { ArtifactFolder } from '../api/artifacts.ts';
import type { Versions } from '../chat/branches.ts';
import type { Turn } from '../chat/turn.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { isComposing, isSendKey } from '../util/keys.ts';
import { toMessage } from '../util/message.ts';
import { FileLink, Media } from './media.tsx';
import { MessageTime } from './message-time.tsx';

interface UserMessageProps {
  user: NonNullable<Turn['user']>;
  /** Address of the conversation's files; absent before it has an id. */
  folder: ArtifactFolder | undefined;
  /** Set if it has several versions. */
  versions: Versions | undefined;
  onOpen: ((sessionId: string) => void) | undefined;
  /** Absent if the message cannot be edited now. */
  onEdit?: ((text: string) => void) | undefined;
}

/** The person's message; it can be edited, and every version can be opened again. */
export function UserMessage({ user, folder, versions, onOpen, onEdit }: UserMessageProps) {
  const [editing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  if (editing && onEdit) {
    return (
      <EditForm
        text={user.text}
        onCancel={() => {
          flushSync(() => setEditing(false));
          editButton.current?.focus();
        }}
        onSave={(text) => (setEditing(false), onEdit(text))}
      />
    );
  }
  return (
    <div className="user-message">
      <h2 className="visually-hidden">You</h2>
      {user.media.map((media, index) => (
        <Media key={index} media={media} />
      ))}
      {user.files.map((file, index) => (
        <FileLink key={index} file={file} folder={folder} />
      ))}
      {user.text && (
        <p className="user-bubble" dir="auto">
          {user.text}
        </p>
      )}
      <div className="message-actions">
        {user.atSeconds !== undefined && <MessageTime atSeconds={user.atSeconds} />}
        {versions && onOpen && <VersionSwitch {...versions} onOpen={onOpen} />}
        <CopyButton copy={user.text} label="Copy message" />
        {onEdit && (
          <IconButton ref={editButton} label="Edit message" onClick={() => setEditing(true)}>
            <Pencil aria-hidden />
          </IconButton>
        )}
      </div>
    </div>
  );
}

/** Switches between the versions of a message. */
function VersionSwitch({ ids, at, onOpen }: Versions & { onOpen: (sessionId: string) => void }) {
  const [before, after] = [ids[at - 1], ids[at + 1]];
  return (
    <span className="versions">
      <IconButton label="Version before" disabled={!before} onClick={() => before && onOpen(before)}>
        <ChevronLeft aria-hidden />
      </IconButton>
      <span aria-label={`Version ${at + 1} of ${ids.length}`} role="img">
        {at + 1}/{ids.length}
      </span>
      <IconButton label="Version after" disabled={!after} onClick={() => after && onOpen(after)}>
        <ChevronRight aria-hidden />
      </IconButton>
    </span>
  );
}

interface EditFormProps {
  text: string;
  onCancel: () => void;
  onSave: (text: string) => void;
}

function EditForm({ text, onCancel, onSave }: EditFormProps) {
  const [draft, setDraft] = useState(text);
  const hintId = useId();

  function submit(event: FormEvent): void {
    event.preventDefault();
    const message = toMessage(draft);
    if (message) onSave(message);
  }

  return (
    <form className="edit-form" onSubmit={submit}>
      <textarea
        dir="auto"
        aria-label="Edit message"
        aria-describedby={hintId}
        // The person has just asked to edit here.
        autoFocus
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !isComposing(event)) onCancel();
          else if (isSendKey(event)) submit(event);
        }}
      />
      <p id={hintId}>What was said before stays: the arrows beside the message lead back to it.</p>
      <div className="edit-actions">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={!draft.trim()}>
          Send again
        </button>
      </div>
    </form>
  );
}
