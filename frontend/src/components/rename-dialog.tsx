import { useState, type FormEvent } from 'react';
import { Dialog } from '../ui/dialog.tsx';

interface RenameDialogProps {
  title: string;
  onRename: (title: string) => void;
  onClose: () => void;
}

const LONGEST_TITLE = 120;

export function RenameDialog({ title, onRename, onClose }: RenameDialogProps) {
  const [draft, setDraft] = useState(title);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const name = draft.trim();
    if (name) onRename(name);
    onClose();
  }

  return (
    <Dialog label="Rename this conversation" onClose={onClose}>
      <h2>Rename this conversation</h2>
      <form className="dialog-form" onSubmit={submit}>
        <input
          className="field"
          aria-label="Title"
          dir="auto"
          // The person has just asked to write here.
          autoFocus
          maxLength={LONGEST_TITLE}
          value={draft}
          onFocus={({ target }) => target.select()}
          onChange={({ target }) => setDraft(target.value)}
        />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" disabled={!draft.trim()}>
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}
