import type { Conversations } from '../chat/conversations.ts';
import type { ConversationSummary } from '../chat/metadata.ts';
import type { Place } from '../chat/text-search.ts';
import { DeleteDialog } from '../components/delete-dialog.tsx';
import { KeysDialog } from '../components/keys-dialog.tsx';
import { Palette } from '../components/palette.tsx';
import { RenameDialog } from '../components/rename-dialog.tsx';
import { ShareDialog } from '../components/share-dialog.tsx';
import type { MenuEntry } from '../ui/menu.tsx';
import { useStore } from '../util/store.ts';
import { tell, type DialogName } from './use-commands.tsx';

interface PageDialogProps {
  /** The open dialog. */
  name: DialogName | undefined;
  /** The conversation that it is about. */
  summary: ConversationSummary | undefined;
  conversations: Conversations;
  commands: readonly MenuEntry[];
  onOpen: (sessionId: string, place?: Place) => void;
  onRemove: (sessionId: string) => void;
  onClose: () => void;
}

/** Renders the open dialog, if there is one. */
export function PageDialog(props: PageDialogProps) {
  const { name, conversations, summary, commands, onOpen, onRemove, onClose } = props;
  const { list } = useStore(conversations);
  const { owner } = conversations;
  if (name === 'keys') return <KeysDialog onClose={onClose} />;
  if (name === 'palette') {
    return <Palette owner={owner} list={list ?? []} commands={commands} onOpen={onOpen} onClose={onClose} />;
  }
  if (!name || !summary) return null;
  const { id, title, secret } = summary;
  if (name === 'delete')
    return <DeleteDialog title={title} onDelete={() => onRemove(id)} onClose={onClose} />;
  if (name === 'rename') {
    return (
      <RenameDialog
        title={title}
        onRename={(next) => tell(async () => conversations.rename(id, next))}
        onClose={onClose}
      />
    );
  }
  const link = secret ? { appName: owner.appName, ownerId: owner.userId, sessionId: id, secret } : undefined;
  return (
    <ShareDialog
      link={link}
      onShare={() => tell(async () => void (await conversations.share(id)))}
      onUnshare={() => tell(async () => conversations.unshare(id))}
      onClose={onClose}
    />
  );
}
