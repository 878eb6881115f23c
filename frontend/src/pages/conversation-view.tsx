import { useCallback, useMemo } from 'react';
import type { AppSummary } from '../api/types.ts';
import { useDraft } from '../chat/draft.ts';
import type { Conversation, ConversationState } from '../chat/conversation.ts';
import { toTurns } from '../chat/to-turns.ts';
import { Composer } from '../components/composer.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { MessageList } from '../components/message-list.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import type { TurnActions } from '../components/turn-view.tsx';
import { toWords } from '../util/format.ts';
import { useStore } from '../util/store.ts';

/** One conversation and the field to go on with it. */
export function ConversationView({ app, conversation }: { app: AppSummary; conversation: Conversation }) {
  const state = useStore(conversation);
  const [draft, setDraft] = useDraft(app.name, state.sessionId);
  const isBusy = state.phase === 'waiting' || state.phase === 'streaming';
  const actions = useMemo<TurnActions>(
    () => ({
      onResend: (turn, text) => void conversation.resend(turn, text),
      onConfirm: (confirmation, confirmed) => void conversation.confirm(confirmation, confirmed),
    }),
    [conversation],
  );

  const send = useCallback(
    (text: string) => {
      setDraft('');
      void conversation.send(text);
    },
    [conversation, setDraft],
  );

  function retry(): void {
    const last = toTurns(state.events).at(-1);
    if (last?.user) void conversation.resend(last, last.user.text);
    else void conversation.load();
  }

  const isEmpty = state.phase === 'idle' && state.events.length === 0 && !state.problem;
  return (
    <>
      {state.phase === 'loading' && <ConversationSkeleton />}
      {isEmpty && <EmptyState app={app} onPick={send} />}
      {state.phase !== 'loading' && !isEmpty && (
        <MessageList owner={conversation.owner} state={state} actions={actions}>
          {state.problem && <ProblemNotice problem={state.problem} onRetry={isBusy ? undefined : retry} />}
        </MessageList>
      )}
      <p className="visually-hidden" role="status">
        {announce(state)}
      </p>
      <div className="composer-frame">
        <Composer
          agentName={toWords(app.name)}
          draft={draft}
          isBusy={isBusy}
          onDraft={setDraft}
          onSend={send}
          onStop={() => conversation.stop()}
        />
        <p className="composer-hint">
          Enter sends, Shift+Enter starts a new line. Answers can be wrong: check what matters.
        </p>
      </div>
    </>
  );
}

/** What a screen reader says; the words themselves are read from the conversation, not token by token. */
function announce({ phase, events }: ConversationState): string {
  if (phase === 'waiting') return 'The agent is working.';
  if (phase === 'streaming') return 'The answer is coming.';
  return phase === 'idle' && events.length > 0 ? 'The answer is complete.' : '';
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
