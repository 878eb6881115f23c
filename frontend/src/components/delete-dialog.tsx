import { Dialog } from '../ui/dialog.tsx';

interface DeleteDialogProps {
  title: string;
  onDelete: () => void;
  onClose: () => void;
}

/** Asks before a conversation is deleted. */
export function DeleteDialog({ title, onDelete, onClose }: DeleteDialogProps) {
  return (
    <Dialog label="Delete this conversation?" onClose={onClose}>
      <h2>Delete this conversation?</h2>
      <p>“{title}” and the files made in it are deleted for good, with all its versions.</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="button button-danger" onClick={() => (onClose(), onDelete())}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
