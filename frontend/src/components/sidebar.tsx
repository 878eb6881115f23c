import { Ellipsis, MessageSquarePlus, Pin, Search } from 'lucide-react';
import { useMemo } from 'react';
import icon from '../icon.svg' with { type: 'file' };
import type { AppSummary, Person } from '../api/types.ts';
import { titleOf } from '../chat/agent-face.ts';
import { rootOf, toRows } from '../chat/branches.ts';
import type { Conversations } from '../chat/conversations.ts';
import type { ConversationSummary } from '../chat/metadata.ts';
import { Menu, type MenuEntry } from '../ui/menu.tsx';
import { toDayLabel } from '../util/format.ts';
import { toHash } from '../util/route.ts';
import { useStore } from '../util/store.ts';
import { PersonFooter } from './person-footer.tsx';

interface SidebarProps {
  person: Person;
  apps: AppSummary[];
  appName: string;
  conversations: Conversations;
  currentId: string | undefined;
  onNew: () => void;
  onSearch: () => void;
  onApp: (appName: string) => void;
  /** The entries of a conversation's menu. */
  commandsOf: (summary: ConversationSummary) => MenuEntry[];
}

/** The agents, and the person's conversations with the chosen one. */
export function Sidebar({
  person,
  apps,
  appName,
  conversations,
  currentId,
  onNew,
  onSearch,
  onApp,
  commandsOf,
}: SidebarProps) {
  const { list, hasMore, problem } = useStore(conversations);
  const rows = useMemo(() => toRows(list ?? []), [list]);
  const root = currentId && rootOf(list ?? [], currentId);
  const currentRow = rows.find(({ id }) => rootOf(list ?? [], id) === root)?.id;
  return (
    <div className="sidebar-inner">
      <div className="brand">
        <img src={icon} alt="" className="brand-mark" />
        Lornu
      </div>
      {apps.length > 1 && (
        <label className="agent-picker">
          <span>Agent</span>
          <select value={appName} onChange={(event) => onApp(event.target.value)}>
            {apps.map((app) => (
              <option key={app.name} value={app.name}>
                {titleOf(app)}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="button" className="button new-conversation" onClick={onNew}>
        <MessageSquarePlus aria-hidden /> New conversation
      </button>
      <button type="button" className="button new-conversation search-button" onClick={onSearch}>
        <Search aria-hidden /> Search <kbd aria-hidden>Ctrl K</kbd>
      </button>
      <nav aria-label="Conversations" className="conversation-list">
        {!list && !problem && <ListSkeleton />}
        {problem && !list && (
          <p className="list-note">
            {problem.message} {problem.next}
          </p>
        )}
        {list?.length === 0 && <p className="list-note">Your conversations will be listed here.</p>}
        {groupByDay(rows).map(([label, items]) => (
          <section key={label}>
            <h2>{label}</h2>
            <ul>
              {items.map((item) => (
                <li key={item.id} className={item.id === currentRow ? 'is-current' : undefined}>
                  <a
                    title={item.title}
                    dir="auto"
                    href={toHash({ appName, sessionId: item.id })}
                    aria-current={item.id === currentRow ? 'page' : undefined}
                  >
                    {item.isPinned && <Pin aria-label="Pinned" className="pinned" />}
                    {item.title}
                  </a>
                  <Menu
                    label={`More: ${item.title}`}
                    icon={<Ellipsis aria-hidden />}
                    entries={() => commandsOf(item)}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {hasMore && (
          <button type="button" className="show-more" onClick={() => void conversations.showMore()}>
            Show older
          </button>
        )}
      </nav>
      <PersonFooter person={person} />
    </div>
  );
}

function ListSkeleton() {
  return (
    <div className="list-skeleton" role="status" aria-label="Loading conversations">
      <div className="skeleton" />
      <div className="skeleton" />
      <div className="skeleton" />
    </div>
  );
}

function groupByDay(list: readonly ConversationSummary[]): [string, ConversationSummary[]][] {
  const now = Date.now();
  const labelOf = (item: ConversationSummary): string =>
    item.isPinned ? 'Pinned' : toDayLabel(item.saidAt, now);
  const pinnedFirst = list.toSorted((a, b) => Number(b.isPinned) - Number(a.isPinned));
  return [...Map.groupBy(pinnedFirst, labelOf)];
}
