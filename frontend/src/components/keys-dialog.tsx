import { Dialog } from '../ui/dialog.tsx';

const KEYS: readonly (readonly [what: string, ...keys: string[]])[] = [
  ['Send', 'Enter'],
  ['New line', 'Shift', 'Enter'],
  ['Stop the answer and send this', 'Ctrl', 'Enter'],
  ['Stop the answer', 'Esc'],
  ['What you said before, in an empty field', '↑'],
  ['To the message field', '/'],
  ['Commands, conversations, search', 'Ctrl', 'K'],
  ['New conversation', 'Ctrl', 'Shift', 'O'],
  ['These keys', '?'],
];

/** The list of keyboard shortcuts. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl className="keys">
        {KEYS.map(([what, ...keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <p className="dialog-note">On a Mac, ⌘ stands for Ctrl.</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
