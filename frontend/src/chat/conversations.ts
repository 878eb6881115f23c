import {
  changeState,
  copySession,
  deleteSession,
  listSessions,
  titleState,
  type Owner,
} from '../api/sessions.ts';
import { asProblem, isRewound, type Problem } from '../api/problem.ts';
import { listRuns } from '../api/run.ts';
import { share, unshare } from '../api/sharing.ts';
import type { SharedLink } from '../util/route.ts';
import type { Part } from '../api/types.ts';
import { Store } from '../util/store.ts';
import { tellTabs } from '../util/tab-channel.ts';
import { lastWords } from './announce.ts';
import { rootOf, toBranch } from './branches.ts';
import { Conversation } from './conversation.ts';
import { isBusy, titleTextOf } from './conversation-state.ts';
import { importSession } from './export.ts';
import {
  newestFirst,
  pageState,
  toSummary,
  withTurnBegun,
  type Change,
  type ConversationSummary,
} from './metadata.ts';
import { isUserMessage } from './to-turns.ts';
import { toTitle, toTitleOfAnswer } from './to-title.ts';

interface ConversationsState {
  /** Undefined until the first response of the service. */
  list: ConversationSummary[] | undefined;
  /** Whether the service has older ones. */
  hasMore: boolean;
  problem: Problem | undefined;
}

interface NewVersion {
  /** Counted from 0. */
  turn: number;
  /** The turn's invocation in the original. */
  invocationId: string;
  parts: Part[];
  /** Set if the message is the same; to the usual model if none is named. */
  again?: { model?: string | undefined };
}

/** How often a change is sent until it has not moved its conversation. */
const CHANGE_TRIES = 3;
/** How many conversations are listed at first, and added by "Show older". */
const PAGE_SIZE = 100;

/** A person's conversations with one agent: the service's list, and the conversations opened on this page. */
export class Conversations extends Store<ConversationsState> {
  readonly owner: Owner;
  readonly #open = new Map<string, Conversation>();
  readonly #newestRun = new Map<string, string>();
  #limit = PAGE_SIZE;

  constructor(owner: Owner) {
    super({ list: undefined, hasMore: false, problem: undefined });
    this.owner = owner;
  }

  async refresh(): Promise<void> {
    try {
      const { sessions, hasMore } = await listSessions(this.owner, this.#limit);
      this.set({ list: newestFirst(sessions.map(toSummary)), hasMore, problem: undefined });
    } catch (error) {
      this.set({ problem: asProblem(error) });
    }
  }

  /** Lists older ones too. */
  async showMore(): Promise<void> {
    this.#limit += PAGE_SIZE;
    await this.refresh();
  }

  /** Opens a conversation; one that was open before continues: its stream runs while another one is shown. */
  open(sessionId: string): Conversation {
    const known = this.#open.get(sessionId);
    if (known) return known;
    const conversation = new Conversation(this.owner, sessionId);
    this.#keep(sessionId, conversation);
    void conversation.load();
    return conversation;
  }

  /** A conversation that gets its id with the first message; `onCreated` is called once. */
  begin(onCreated: (sessionId: string) => void): Conversation {
    const conversation = new Conversation(this.owner);
    const unsubscribe = conversation.subscribe(() => {
      const { sessionId } = conversation.getState();
      if (!sessionId) return;
      unsubscribe();
      this.#keep(sessionId, conversation);
      onCreated(sessionId);
      void this.refresh();
      this.#nameByAnswer(conversation, sessionId);
    });
    return conversation;
  }

  /** From now on, each of its turns moves it to the top of the list. */
  #keep(sessionId: string, conversation: Conversation): void {
    this.#open.set(sessionId, conversation);
    let wasBusy = isBusy(conversation.getState());
    conversation.subscribe(() => {
      const begins = !wasBusy && isBusy(conversation.getState());
      wasBusy = isBusy(conversation.getState());
      const { list } = this.getState();
      if (!begins || !list) return;
      this.set({ list: withTurnBegun(list, sessionId, Date.now() / 1_000) });
    });
  }

  /** If the first message has no topic, such as "hello", the title comes from the first answer. */
  #nameByAnswer(conversation: Conversation, sessionId: string): void {
    const unsubscribe = conversation.subscribe(() => {
      const { phase, events } = conversation.getState();
      if (phase !== 'idle') return;
      unsubscribe();
      const said = titleTextOf(events.find(isUserMessage)?.content?.parts ?? []);
      const title = toTitleOfAnswer(said, lastWords(events));
      const now = this.getState().list?.find(({ id }) => id === sessionId)?.title;
      // A person or the agent may have named the conversation in the meantime.
      if (title && now === toTitle(said)) void this.rename(sessionId, title).catch(() => undefined);
    });
  }

  /**
   * Sends another message at a turn, or the same one `again`, in a copy of the conversation that continues from there;
   * the original stays. Returns the copy's id. Throws a Problem.
   */
  async branch(from: Conversation, { turn, invocationId, parts, again }: NewVersion): Promise<string> {
    const id = from.getState().sessionId ?? '';
    const list = this.getState().list ?? [];
    const place = { ...toBranch(list, id, turn), at: Date.now() / 1_000 };
    const page = pageState({ isPinned: false, branch: place });
    // A conversation with a new first message gets its title from it.
    const title = turn === 0 && !again ? titleState(toTitle(titleTextOf(parts))) : {};
    const session = await copySession(this.owner, id, invocationId, { ...title, ...page }).catch(
      (error: unknown) => {
        if (isRewound(asProblem(error))) this.reload(id);
        throw error;
      },
    );
    const conversation = new Conversation(this.owner, session);
    this.#keep(session.id, conversation);
    this.#changed();
    conversation.model = from.model;
    void conversation.send(parts, again?.model);
    return session.id;
  }

  /** With all its versions, as it is listed. */
  async rename(id: string, title: string): Promise<void> {
    const versions = await this.#readVersionsOf(id);
    await this.#change(versions, (version) => ({ ...titleState(title), ...pageState(version) }));
  }

  /** A conversation is listed as pinned if one of its versions is. */
  async pin(id: string, isPinned: boolean): Promise<void> {
    const versions = await this.#readVersionsOf(id);
    const changed = versions.filter((one) => (isPinned ? one.id === id : one.isPinned));
    await this.#change(changed, (version) => pageState({ ...version, isPinned }));
  }

  async share(id: string): Promise<SharedLink> {
    const versions = await this.#readVersionsOf(id);
    const link = await share(this.owner, id);
    await this.#change(ofId(versions, id), pageState);
    return link;
  }

  async unshare(id: string): Promise<void> {
    const versions = await this.#readVersionsOf(id);
    await unshare(this.owner, id);
    await this.#change(ofId(versions, id), pageState);
  }

  /** Returns the new conversation's id. Throws a Problem. */
  async importFile(file: File): Promise<string> {
    const { id } = await importSession(this.owner, await file.text(), file.name);
    this.#changed();
    return id;
  }

  /** Deletes a conversation with all its versions; returns their ids. */
  async remove(sessionId: string): Promise<string[]> {
    const all = [...new Set([sessionId, ...this.#versionsOf(sessionId).map(({ id }) => id)])];
    await Promise.all(all.map(async (id) => deleteSession(this.owner, id)));
    for (const id of all) this.#open.delete(id);
    this.set({ list: this.getState().list?.filter(({ id }) => !all.includes(id)) });
    tellTabs({ kind: 'sessions-changed' });
    return all;
  }

  /** All listed versions of a conversation, the newest last. */
  #versionsOf(sessionId: string): ConversationSummary[] {
    const list = this.getState().list ?? [];
    const root = rootOf(list, sessionId);
    return list.filter(({ id }) => rootOf(list, id) === root).toReversed();
  }

  /** As the service has them now: another device may have continued, pinned or branched the conversation. */
  async #readVersionsOf(id: string): Promise<ConversationSummary[]> {
    await this.refresh();
    return this.#versionsOf(id);
  }

  /** Changes the state of these versions; none of them moves in the list. */
  async #change(
    versions: readonly ConversationSummary[],
    stateOf: (version: ConversationSummary & { changed: Change }) => Record<string, unknown>,
  ): Promise<void> {
    for (const version of versions) {
      const { id, saidAt } = version;
      let at = Date.now() / 1_000;
      for (let tries = 0; tries < CHANGE_TRIES; tries++) {
        const changed = await changeState(this.owner, id, stateOf({ ...version, changed: { at, saidAt } }));
        if (toSummary(changed).saidAt === saidAt) break;
        // The clock of this device is wrong, or the request took long.
        at = changed.lastUpdateTime ?? at;
      }
    }
    this.#changed();
  }

  #changed(): void {
    tellTabs({ kind: 'sessions-changed' });
    void this.refresh();
  }

  /**
   * Shows runs that were started elsewhere since the last check: on another device, or by another agent. Never rejects.
   */
  async look(sessionId: string): Promise<void> {
    const conversation = this.#open.get(sessionId);
    if (!conversation || isBusy(conversation.getState())) return;
    try {
      const [newest] = await listRuns({ owner: this.owner, sessionId });
      const seen = this.#newestRun.get(sessionId);
      const name = newest ? `${newest.id} ${newest.state}` : '';
      this.#newestRun.set(sessionId, name);
      if (seen !== undefined && seen !== name) this.reload(sessionId);
    } catch {
      // The person's next action will show what is wrong.
    }
  }

  /**
   * Reloads a conversation that is open here. If it shows a problem that the person has not dealt with yet, only one
   * whose message is in the message box again: any other message exists on this page only.
   */
  reload(sessionId: string): void {
    const conversation = this.#open.get(sessionId);
    if (!conversation) return;
    const { problem, unsent } = conversation.getState();
    // Status 409: the person first chooses what happens to the other answer.
    if (!problem || (unsent && problem.status !== 409)) void conversation.load(problem);
  }
}

const ofId = (versions: readonly ConversationSummary[], id: string): ConversationSummary[] =>
  versions.filter((one) => one.id === id);
