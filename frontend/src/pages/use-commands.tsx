import {
  Download,
  FileDown,
  FileUp,
  Keyboard,
  MessageSquarePlus,
  Pencil,
  Pin,
  PinOff,
  Share2,
  Trash2,
} from 'lucide-react';
import { useMemo } from 'react';
import { getSession } from '../api/sessions.ts';
import type { Conversations } from '../chat/conversations.ts';
import { toExport, toMarkdown } from '../chat/export.ts';
import type { ConversationSummary } from '../chat/metadata.ts';
import type { MenuEntry } from '../ui/menu.tsx';
import { toasts } from '../ui/toasts.ts';
import { chooseFile } from '../util/choose-file.ts';
import { download } from '../util/download.ts';

export type DialogName = 'rename' | 'share' | 'delete' | 'keys' | 'palette';

interface CommandOptions {
  conversations: Conversations;
  onNew: () => void;
  onOpen: (sessionId: string) => void;
  /** `id`: the conversation that it is about. */
  onDialog: (name: DialogName, id?: string) => void;
}

export interface Commands {
  /** For one conversation. */
  commandsOf: (summary: ConversationSummary) => MenuEntry[];
  /** Always available. */
  general: MenuEntry[];
}

export function useCommands(options: CommandOptions): Commands {
  const { conversations, onNew, onOpen, onDialog } = options;
  return useMemo(() => {
    const exportAs = (kind: 'md' | 'json', current: ConversationSummary) => () =>
      tell(async () => {
        const session = await getSession(conversations.owner, current.id);
        const text =
          kind === 'md' ? toMarkdown(current.title, session.events ?? []) : await toExport(session);
        download(`${toFilename(current.title)}.${kind}`, new TextEncoder().encode(text));
      });
    const commandsOf = (summary: ConversationSummary): MenuEntry[] => {
      const { id, isPinned } = summary;
      return [
        { id: 'rename', label: 'Rename', icon: <Pencil aria-hidden />, run: () => onDialog('rename', id) },
        {
          id: 'pin',
          label: isPinned ? 'Unpin' : 'Pin',
          icon: isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />,
          run: () => tell(async () => conversations.pin(id, !isPinned)),
        },
        { id: 'share', label: 'Share', icon: <Share2 aria-hidden />, run: () => onDialog('share', id) },
        {
          id: 'markdown',
          label: 'Export as Markdown',
          icon: <FileDown aria-hidden />,
          run: exportAs('md', summary),
        },
        {
          id: 'json',
          label: 'Export as JSON',
          icon: <Download aria-hidden />,
          run: exportAs('json', summary),
        },
        { id: 'delete', label: 'Delete', icon: <Trash2 aria-hidden />, run: () => onDialog('delete', id) },
      ];
    };
    const general: MenuEntry[] = [
      { id: 'new', label: 'New conversation', icon: <MessageSquarePlus aria-hidden />, run: onNew },
      {
        id: 'import',
        label: 'Import a conversation',
        icon: <FileUp aria-hidden />,
        run: () =>
          tell(async () =>
            onOpen(await conversations.importFile(await chooseFile('.json,application/json'))),
          ),
      },
      { id: 'keys', label: 'Keys', icon: <Keyboard aria-hidden />, run: () => onDialog('keys') },
    ];
    return { commandsOf, general };
  }, [conversations, onNew, onOpen, onDialog]);
}

/** Runs it, and shows an error. */
export function tell(work: () => Promise<void>): void {
  void work().catch((error: unknown) => toasts.complain(error));
}

/** A name that any file system accepts and a person recognises. */
function toFilename(title: string): string {
  const name = title
    .replaceAll(/[\p{Cc}"*/:<>?\\|]/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return name.slice(0, 80) || 'conversation';
}
