import { deleteSession, listSessions, readTitle, type Owner } from '../api/sessions.ts';
import { asProblem, type Problem } from '../api/problem.ts';
import { Store } from '../util/store.ts';
import { tellTabs } from '../util/tab-channel.ts';
import { Conversation } from './conversation.ts';

export interface ConversationSummary {
  id: string;
  title: string;
  /** Seconds since the epoch. */
  lastUpdateTime: number;
}

interface ConversationsState {
  /** Undefined until the service has answered once. */
  list: ConversationSummary[] | undefined;
  /** Whether the service has older ones. */
  hasMore: boolean;
  problem: Problem | undefined;
}

/** How many conversations are listed at first, and added by "Show older". */
const PAGE_SIZE = 100;

/** A person's conversations with one agent: the list, which is the service's, and those opened on this page. */
export class Conversations extends Store<ConversationsState> {
  readonly owner: Owner;
  readonly #open = new Map<string, Conversation>();
  #limit = PAGE_SIZE;

  constructor(owner: Owner) {
    super({ list: undefined, hasMore: false, problem: undefined });
    this.owner = owner;
  }

  async refresh(): Promise<void> {
    try {
      const { sessions, hasMore } = await listSessions(this.owner, this.#limit);
      const list = sessions.map((session) => ({
        id: session.id,
        title: readTitle(session) ?? 'Untitled conversation',
        lastUpdateTime: session.lastUpdateTime ?? 0,
      }));
      this.set({
        list: list.toSorted((a, b) => b.lastUpdateTime - a.lastUpdateTime),
        hasMore,
        problem: undefined,
      });
    } catch (error) {
      this.set({ problem: asProblem(error) });
    }
  }

  /** Lists older ones too. */
  async showMore(): Promise<void> {
    this.#limit += PAGE_SIZE;
    await this.refresh();
  }

  /** A conversation that was open before goes on where it is: its stream runs while another one is looked at. */
  open(sessionId: string): Conversation {
    const known = this.#open.get(sessionId);
    if (known) return known;
    const conversation = new Conversation(this.owner, sessionId);
    this.#open.set(sessionId, conversation);
    void conversation.load();
    return conversation;
  }

  /** A conversation that gets its id with the first message; `onCreated` is told once. */
  begin(onCreated: (sessionId: string) => void): Conversation {
    const conversation = new Conversation(this.owner);
    const unsubscribe = conversation.subscribe(() => {
      const { sessionId } = conversation.getState();
      if (!sessionId) return;
      unsubscribe();
      this.#open.set(sessionId, conversation);
      onCreated(sessionId);
      void this.refresh();
    });
    return conversation;
  }

  async remove(sessionId: string): Promise<void> {
    await deleteSession(this.owner, sessionId);
    this.#open.delete(sessionId);
    this.set({ list: this.getState().list?.filter((item) => item.id !== sessionId) });
    tellTabs({ kind: 'sessions-changed' });
  }

  /** Reads again a conversation that is open here, but for one that shows a problem: the person has not dealt with it yet. */
  reload(sessionId: string): void {
    const conversation = this.#open.get(sessionId);
    if (conversation && !conversation.getState().problem) void conversation.load();
  }
}
