import { useCallback, useEffect, useMemo, useState } from 'react';
import { asProblem, type Problem } from '../api/problem.ts';
import { readTitle } from '../api/sessions.ts';
import { getShared, sharedFolder } from '../api/sharing.ts';
import type { Session } from '../api/types.ts';
import { MessageList } from '../components/message-list.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ThemeButton } from '../components/theme-button.tsx';
import { ToastList } from '../ui/toast-list.tsx';
import { toHash, type SharedLink } from '../util/route.ts';

/** Another person's conversation, read-only. */
export function SharedPage({ link }: { link: SharedLink }) {
  const [shown, setShown] = useState<{ session: Session } | { problem: Problem }>();
  const load = useCallback(() => {
    getShared(link).then(
      (session) => setShown({ session }),
      (error: unknown) => setShown({ problem: asProblem(error) }),
    );
  }, [link]);
  useEffect(load, [load]);
  const folder = useMemo(() => sharedFolder(link), [link]);
  const session = shown && 'session' in shown ? shown.session : undefined;
  const title = session ? (readTitle(session) ?? 'Shared conversation') : 'Shared conversation';
  useEffect(() => {
    document.title = `${title} · Lornu`;
  }, [title]);
  return (
    <div className="shell shell-alone">
      <main className="main">
        <header className="topbar topbar-shared">
          <h1 dir="auto">{title}</h1>
          <span className="shared-note">Shared, to read</span>
          <a className="button" href={toHash({ appName: link.appName })}>
            My conversations
          </a>
          <ThemeButton />
        </header>
        {shown && 'problem' in shown && (
          <div className="messages-inner">
            <ProblemNotice problem={shown.problem} onRetry={load} />
          </div>
        )}
        {session && <MessageList folder={folder} phase="idle" events={session.events ?? []} />}
      </main>
      <ToastList />
    </div>
  );
}
