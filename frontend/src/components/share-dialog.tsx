import type { SharedLink } from '../util/route.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { toSharedHash } from '../util/route.ts';

interface ShareDialogProps {
  /** Absent if the conversation is not shared. */
  link: SharedLink | undefined;
  onShare: () => void;
  onUnshare: () => void;
  onClose: () => void;
}

/** Creates, shows and revokes the read-only link to a conversation. */
export function ShareDialog({ link, onShare, onUnshare, onClose }: ShareDialogProps) {
  const address = link && `${location.origin}${location.pathname}${toSharedHash(link)}`;
  return (
    <Dialog label="Share this conversation" onClose={onClose}>
      <h2>Share this conversation</h2>
      <p>
        Whoever can sign in here and has the link can read it, with what is said from now on and its files.
        Nobody can write to it.
      </p>
      {address && (
        <div className="share-link">
          <input
            className="field"
            aria-label="Link"
            readOnly
            value={address}
            onFocus={({ target }) => target.select()}
          />
          <CopyButton copy={address} label="Copy link" />
        </div>
      )}
      <div className="dialog-actions">
        {link && (
          <button type="button" className="button button-danger" onClick={onUnshare}>
            Stop sharing
          </button>
        )}
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        {!link && (
          <button type="button" className="button button-primary" onClick={onShare}>
            Make a link
          </button>
        )}
      </div>
    </Dialog>
  );
}
