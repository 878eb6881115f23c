import { Ellipsis, Menu as MenuIcon, PanelLeft } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { AppSummary, Person, ServiceInfo } from '../api/types.ts';
import { titleOf } from '../chat/agent-face.ts';
import type { Conversation } from '../chat/conversation.ts';
import { Conversations } from '../chat/conversations.ts';
import type { Place } from '../chat/text-search.ts';
import { EnvironmentBadge } from '../components/environment-badge.tsx';
import { Sidebar } from '../components/sidebar.tsx';
import { ThemeButton } from '../components/theme-button.tsx';
import { Drawer } from '../ui/drawer.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Menu } from '../ui/menu.tsx';
import { ToastList } from '../ui/toast-list.tsx';
import { toasts } from '../ui/toasts.ts';
import { useKeptFocus } from '../ui/use-kept-focus.ts';
import { goTo, parseRoute, useHash } from '../util/route.ts';
import { readStored, writeStored } from '../util/storage.ts';
import { useStore } from '../util/store.ts';
import { onTabs } from '../util/tab-channel.ts';
import { ConversationView, focusComposer } from './conversation-view.tsx';
import { PageDialog } from './page-dialog.tsx';
import { useCommands, type DialogName } from './use-commands.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const NO_CHOICE: readonly string[] = [];
/** Kept in this browser: whether the person hides the sidebar on wide windows. */
const HIDES_SIDEBAR = 'hides-sidebar';

interface ChatPageProps {
  person: Person;
  info: ServiceInfo;
  apps: AppSummary[];
}

/** The whole page: conversations on the left, the open one beside them, and above it where its answers come from. */
export function ChatPage({ person, info, apps }: ChatPageProps) {
  const route = parseRoute(useHash());
  const app =
    apps.find(({ name }) => name === route.appName) ?? apps.find(({ name }) => name === 'lornu') ?? apps[0];
  const appName = app?.name ?? '';
  const conversations = useMemo(
    () => new Conversations({ appName, userId: person.userId }),
    [appName, person.userId],
  );
  const { list } = useStore(conversations);
  const [fresh, setFresh] = useState(0);
  const [drawerOpen, setDrawerOpen] = useState(false);
  const [hidesSidebar, setHidesSidebar] = useState(() => readStored(HIDES_SIDEBAR) !== undefined);
  const [dialog, setDialog] = useState<{ name: DialogName; id?: string | undefined }>();
  /** What a search has found and the conversation has not shown yet. */
  const [place, setPlace] = useState<Place>();

  useKeptFocus(focusComposer);
  const { sessionId } = route;
  useFreshness(conversations, sessionId);
  const conversation = useMemo<Conversation>(
    () =>
      sessionId
        ? conversations.open(sessionId)
        : conversations.begin((id) => goTo({ appName, sessionId: id }, 'replace')),
    // `fresh` is not read: it requests another empty conversation.
    [conversations, sessionId, appName, fresh],
  );
  const summary = list?.find(({ id }) => id === sessionId);
  const title = summary?.title;
  useEffect(() => {
    document.title = title ? `${title} · Lornu` : 'Lornu';
  }, [title]);

  const begin = useCallback(() => {
    setDrawerOpen(false);
    setFresh((count) => count + 1);
    goTo({ appName });
    requestAnimationFrame(() => document.getElementById('message')?.focus());
  }, [appName]);

  const remove = useCallback(
    (id: string) => {
      void (async () => {
        try {
          const removed = await conversations.remove(id);
          toasts.inform('Conversation deleted.');
          if (sessionId && removed.includes(sessionId)) begin();
        } catch (error) {
          toasts.complain(error);
        }
      })();
    },
    [conversations, sessionId, begin],
  );

  const open = useCallback(
    (id: string, at?: Place) => {
      setPlace(at);
      goTo({ appName, sessionId: id });
    },
    [appName],
  );
  const forgetPlace = useCallback(() => setPlace(undefined), []);
  const openDialog = useCallback((name: DialogName, id?: string) => setDialog({ name, id }), []);
  const { commandsOf, general } = useCommands({
    conversations,
    onNew: begin,
    onOpen: open,
    onDialog: openDialog,
  });
  const own = summary ? commandsOf(summary) : [];
  const openPalette = useCallback(() => (setDrawerOpen(false), openDialog('palette')), [openDialog]);
  useShortcuts({
    onPalette: openPalette,
    onNew: begin,
    onKeys: useCallback(() => openDialog('keys'), [openDialog]),
  });

  if (!app) return null;
  const sidebar = (
    <Sidebar
      person={person}
      apps={apps}
      appName={appName}
      conversations={conversations}
      currentId={sessionId}
      onNew={begin}
      onSearch={openPalette}
      onApp={(name) => goTo({ appName: name })}
      commandsOf={commandsOf}
    />
  );
  return (
    <div className={hidesSidebar ? 'shell shell-alone' : 'shell'}>
      <a
        className="skip-link"
        href="#message"
        onClick={(event) => (event.preventDefault(), document.getElementById('message')?.focus())}
      >
        Skip to the message field
      </a>
      <aside className="sidebar" aria-label="Conversations and agents">
        {sidebar}
      </aside>
      <main className="main">
        <header className="topbar">
          <IconButton label="Conversations" className="menu-button" onClick={() => setDrawerOpen(true)}>
            <MenuIcon aria-hidden />
          </IconButton>
          <IconButton
            label={hidesSidebar ? 'Show the sidebar' : 'Hide the sidebar'}
            className="sidebar-button"
            onClick={() => {
              setHidesSidebar(!hidesSidebar);
              writeStored(HIDES_SIDEBAR, hidesSidebar ? '' : 'yes');
            }}
          >
            <PanelLeft aria-hidden />
          </IconButton>
          <h1 dir="auto">{title ?? titleOf(app)}</h1>
          <EnvironmentBadge info={info} />
          <Menu label="More" icon={<Ellipsis aria-hidden />} entries={() => [...own, ...general]} />
          <ThemeButton />
        </header>
        <ConversationView
          key={`${appName}/${fresh}`}
          app={app}
          conversation={conversation}
          conversations={conversations}
          models={info.models ?? NO_CHOICE}
          place={place?.sessionId === sessionId ? place : undefined}
          onPlaceShown={forgetPlace}
        />
      </main>
      <Drawer
        label="Conversations"
        isOpen={drawerOpen}
        closeOn={sessionId}
        onClose={() => setDrawerOpen(false)}
      >
        {sidebar}
      </Drawer>
      <PageDialog
        name={dialog?.name}
        summary={list?.find(({ id }) => id === dialog?.id)}
        conversations={conversations}
        commands={[...general, ...own]}
        onOpen={open}
        onRemove={remove}
        onClose={() => setDialog(undefined)}
      />
      <ToastList />
    </div>
  );
}

/** How often the page asks whether another device has continued the open conversation: one short list of runs. */
const LOOK_EVERY_MS = 10_000;

/** Reloads from the service when the page is shown again, and when another tab changed something. */
function useFreshness(conversations: Conversations, currentId: string | undefined): void {
  useEffect(() => {
    void conversations.refresh();
    return onTabs((message) => {
      void conversations.refresh();
      if (message.kind !== 'sessions-changed') conversations.reload(message.sessionId);
    });
  }, [conversations]);
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState !== 'visible') return;
      void conversations.refresh();
      // Another device, or the other cloud, may have continued it.
      if (currentId) conversations.reload(currentId);
    };
    document.addEventListener('visibilitychange', look);
    const timer = setInterval(() => {
      if (currentId && document.visibilityState === 'visible') void conversations.look(currentId);
    }, LOOK_EVERY_MS);
    return () => {
      document.removeEventListener('visibilitychange', look);
      clearInterval(timer);
    };
  }, [conversations, currentId]);
}
