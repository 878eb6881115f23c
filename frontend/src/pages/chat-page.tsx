import { useMemo, useState, useSyncExternalStore, type FormEvent } from 'react';
import Markdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import type { Owner } from '../api/sessions.ts';
import type { ServiceInfo } from '../api/types.ts';
import { Conversation } from '../chat/conversation.ts';
import { toTurns } from '../chat/to-turns.ts';

/** The conversation and the composer below it. */
export function ChatPage({ owner, info }: { owner: Owner; info: ServiceInfo }) {
  const [conversation] = useState(() => new Conversation(owner));
  const state = useSyncExternalStore(conversation.subscribe, conversation.getState);
  const turns = useMemo(() => toTurns(state.events), [state.events]);
  const [draft, setDraft] = useState('');
  const busy = state.phase !== 'idle';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!draft.trim() || busy) return;
    setDraft('');
    void conversation.send(draft.trim());
  }

  return (
    <main className="page">
      <header>
        <h1>{owner.appName}</h1>
        <p>
          {[info.environment, info.region, info.model, info.modelIsStandIn ? 'stand-in' : '']
            .filter(Boolean)
            .join(' · ')}
        </p>
      </header>
      <section aria-label="Conversation" className="messages">
        {turns.map((turn) => (
          <article key={turn.key}>
            {turn.user && <p className="mine">{turn.user.text}</p>}
            {turn.items.map((item) =>
              item.kind === 'text' ? (
                <Markdown key={item.key} remarkPlugins={[remarkGfm]}>
                  {item.text}
                </Markdown>
              ) : item.kind === 'error' ? (
                <p key={item.key} role="alert">
                  {item.message}
                </p>
              ) : item.kind === 'tool' ? (
                <p key={item.key}>
                  <code>{item.name}</code> {item.state}
                </p>
              ) : null,
            )}
          </article>
        ))}
        {state.problem && (
          <p role="alert">
            {state.problem.message} {state.problem.next}
          </p>
        )}
      </section>
      <form onSubmit={submit}>
        <textarea
          aria-label="Message"
          placeholder="Message the agent"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
          }}
        />
        {busy ? (
          <button type="button" onClick={() => conversation.stop()}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </main>
  );
}
