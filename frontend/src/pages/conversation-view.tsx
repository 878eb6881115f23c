import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { artifactsFolder } from '../api/artifacts.ts';
import type { Problem } from '../api/problem.ts';
import { getCost } from '../api/sessions.ts';
import type { AdkEvent, AppSummary, Part } from '../api/types.ts';
import { titleOf } from '../chat/agent-face.ts';
import { NO_ANSWER } from '../chat/announce.ts';
import { addFiles } from '../chat/attachments.ts';
import { useDraft } from '../chat/draft.ts';
import { versionsIn } from '../chat/branches.ts';
import type { Conversation } from '../chat/conversation.ts';
import type { Conversations } from '../chat/conversations.ts';
import type { Place } from '../chat/text-search.ts';
import { isBusy, lacksAnswer, textOf, type QueuedMessage } from '../chat/conversation-state.ts';
import { isUserMessage } from '../chat/to-turns.ts';
import { hasEndedEarly } from '../chat/turn.ts';
import { Announcer } from '../components/announcer.tsx';
import { Composer } from '../components/composer.tsx';
import { FileDrop } from '../components/file-drop.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { MessageList } from '../components/message-list.tsx';
import { useChosenModel } from '../components/model-picker.tsx';
import { QueuedMessages } from '../components/queued-messages.tsx';
import { EndedEarly } from '../components/turn-failure.tsx';
import { UploadNotice } from '../components/upload-notice.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import type { TurnActions } from '../components/turn-view.tsx';
import { toasts } from '../ui/toasts.ts';
import { goTo, toHash } from '../util/route.ts';
import { useStore } from '../util/store.ts';
import { tell } from './use-commands.tsx';

interface ConversationViewProps {
  app: AppSummary;
  conversation: Conversation;
  /** The list that it belongs to. */
  conversations: Conversations;
  /** Models that a person may choose. */
  models: readonly string[];
  /** A turn to open at. */
  place: Place | undefined;
  onPlaceShown: () => void;
}

/** One conversation and its message box. */
export function ConversationView(props: ConversationViewProps) {
  const { app, conversation, conversations, models, place, onPlaceShown } = props;
  const state = useStore(conversation);
  const { list } = useStore(conversations);
  const versions = useMemo(() => versionsIn(list ?? [], state.sessionId ?? ''), [list, state.sessionId]);
  const draft = useDraft(app.name, state.sessionId);
  const { take, current, setAttachments } = draft;
  // A conversation that got its id meanwhile has another draft.
  const shown = useRef({ conversation, giveBack: draft.giveBack });
  shown.current = { conversation, giveBack: draft.giveBack };
  const giveBack = useCallback(
    (parts: Part[]) => {
      const now = shown.current;
      (now.conversation === conversation ? now.giveBack : draft.giveBack)(parts);
    },
    [conversation, draft.giveBack],
  );
  /** A refused message goes back to the message box. */
  const giveBackUnsent = useCallback(() => {
    const { unsent } = conversation.getState();
    if (unsent) giveBack(unsent);
  }, [conversation, giveBack]);
  const busy = isBusy(state);
  // Another conversation begins at its own end, with its own announcer; one that gets its id is still the same.
  const viewKey = useMemo(() => crypto.randomUUID(), [conversation]);
  const history = useMemo(() => saidIn(state.events), [state.events]);
  useEffect(focusComposer, [conversation]);
  const [chosen, choose] = useChosenModel(models);
  conversation.model = chosen;
  const actions = useMemo<TurnActions>(() => {
    const openVersion = (version: Parameters<Conversations['branch']>[1]): void =>
      tell(async () =>
        goTo({ appName: app.name, sessionId: await conversations.branch(conversation, version) }),
      );
    return {
      models,
      onResend: (turn, index, model) => {
        const { invocationId, user } = turn;
        // A whole answer is kept as a version of its own; an answer that ended early is replaced.
        if (!invocationId || !user || hasEndedEarly(turn))
          void conversation.resend(turn, model).then(giveBackUnsent);
        else openVersion({ turn: index, invocationId, parts: user.parts, again: { model } });
      },
      onEdit: (turn, index, text) => {
        const parts = [...(turn.user?.parts ?? []).filter((part) => !part.text), { text }];
        const { invocationId } = turn;
        // A message that the service never received has no other version.
        if (!invocationId) void conversation.send(parts).then(giveBackUnsent);
        else openVersion({ turn: index, invocationId, parts });
      },
      onOpen: (sessionId) => goTo({ appName: app.name, sessionId }),
      costOf: async ({ invocationId }) => {
        const { sessionId } = conversation.getState();
        return sessionId && invocationId ? getCost(conversation.owner, sessionId, invocationId) : undefined;
      },
      onConfirm: (confirmation, confirmed) => void conversation.confirm(confirmation, confirmed),
    };
  }, [conversation, conversations, app.name, models, giveBackUnsent]);

  const [sent, setSent] = useState(0);
  const send = useCallback(
    (text: string) => {
      setSent((count) => count + 1);
      const parts = take(text);
      void conversation.send(parts).then(giveBackUnsent);
    },
    [conversation, take, giveBackUnsent],
  );
  const sendMeanwhile = useCallback(
    (text: string, whenBusy: 'queue' | 'interrupt') => {
      const parts = take(text);
      void conversation.sendMeanwhile(parts, whenBusy).then((isTaken) => {
        if (!isTaken) giveBack(parts);
      });
    },
    [conversation, take, giveBack],
  );
  const takeBack = useCallback(
    (message: QueuedMessage) => {
      void conversation.takeBack(message).then((parts) => {
        if (parts) giveBack(parts);
      });
    },
    [conversation, giveBack],
  );
  const attach = useCallback(
    (files: File[]) =>
      void addFiles(
        files,
        current,
        (attachment) => setAttachments((before) => [...before, attachment]),
        (problem) => toasts.complain(problem),
      ),
    [current, setAttachments],
  );

  const retry = (): void => void conversation.retry().then(giveBackUnsent);
  const { owner } = conversation;
  const folder = useMemo(
    () => (state.sessionId ? artifactsFolder(owner, state.sessionId) : undefined),
    [owner, state.sessionId],
  );
  const isGone = state.problem?.status === 404;
  const isEmpty = state.phase === 'idle' && state.events.length === 0 && !state.problem;
  return (
    <FileDrop onFiles={attach}>
      {state.phase === 'loading' && <ConversationSkeleton />}
      {isEmpty && <EmptyState app={app} onPick={send} />}
      {state.phase !== 'loading' && !isEmpty && (
        <MessageList
          key={`messages-${viewKey}`}
          folder={folder}
          phase={state.phase}
          events={state.events}
          actions={actions}
          sent={sent}
          versions={versions}
          place={place}
          onPlaceShown={onPlaceShown}
        >
          <QueuedMessages messages={state.queued} onTakeBack={takeBack} />
          {lacksAnswer(state) && <EndedEarly sentence={NO_ANSWER} onRetry={retry} />}
          {state.problem?.status === 409 && state.unsent && (
            <BusyNotice
              problem={state.problem}
              onShow={() => void conversation.load()}
              onInterrupt={() => (take(''), void conversation.interrupt().then(giveBackUnsent))}
            />
          )}
          {state.problem && !(state.problem.status === 409 && state.unsent) && (
            <ProblemNotice
              problem={state.problem}
              // A message that was not sent is in the message box again.
              onRetry={busy || isGone || state.unsent ? undefined : retry}
            >
              {isGone && (
                <a className="button" href={toHash({ appName: app.name })}>
                  New conversation
                </a>
              )}
            </ProblemNotice>
          )}
        </MessageList>
      )}
      <Announcer key={`announcer-${viewKey}`} state={state} />
      <div className="composer-frame">
        {state.upload && <UploadNotice {...state.upload} />}
        <Composer
          agentName={titleOf(app)}
          draft={draft}
          isBusy={busy}
          history={history}
          models={models}
          model={chosen}
          onModel={choose}
          onFiles={attach}
          onSend={send}
          onSendMeanwhile={sendMeanwhile}
          onStop={() => void conversation.stop()}
        />
        <p className="composer-hint">
          {busy
            ? 'Enter sends after this answer, Ctrl+Enter stops it and sends at once, Esc stops it.'
            : 'Enter sends, Shift+Enter starts a new line. Answers can be wrong: check what matters.'}
        </p>
      </div>
    </FileDrop>
  );
}

/** A person's messages in these events, oldest first, without consecutive repeats. */
function saidIn(events: readonly AdkEvent[]): string[] {
  const texts = events.filter(isUserMessage).map(({ content }) => textOf(content?.parts ?? []));
  return texts.filter((text, index) => text && text !== texts[index - 1]);
}

/** Focuses the message box; not on a touch screen, where that would open the keyboard over the text. */
export function focusComposer(): void {
  if (matchMedia('(pointer: fine)').matches) document.getElementById('message')?.focus();
}

interface BusyNoticeProps {
  problem: Problem;
  onShow: () => void;
  onInterrupt: () => void;
}

/** Another answer is running in this conversation: from another tab, another device, or an agent. */
function BusyNotice({ problem, onShow, onInterrupt }: BusyNoticeProps) {
  return (
    <ProblemNotice problem={problem}>
      <button type="button" className="button" onClick={onShow}>
        Show that answer
      </button>
      <button type="button" className="button" onClick={onInterrupt}>
        Stop it and send this
      </button>
    </ProblemNotice>
  );
}

function ConversationSkeleton() {
  return (
    <div className="messages-inner messages-skeleton" role="status" aria-label="Loading the conversation">
      <div className="skeleton skeleton-mine" />
      <div className="skeleton" />
      <div className="skeleton" />
      <div className="skeleton skeleton-short" />
    </div>
  );
}
