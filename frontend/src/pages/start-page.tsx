import { useEffect, useMemo, useState } from 'react';
import { asProblem, type Problem } from '../api/problem.ts';
import { getPerson, getServiceInfo, listApps, SIGN_IN_PATH } from '../api/sessions.ts';
import type { AppSummary, Person, ServiceInfo } from '../api/types.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import icon from '../icon.svg' with { type: 'file' };
import { keepPlace, parseSharedHash, useHash } from '../util/route.ts';
import { ChatPage } from './chat-page.tsx';
import { SharedPage } from './shared-page.tsx';

interface Service {
  person: Person;
  info: ServiceInfo;
  apps: AppSummary[];
}

type Start = { service: Service } | { problem: Problem } | undefined;

async function loadService(): Promise<Service> {
  const [person, info, apps] = await Promise.all([getPerson(), getServiceInfo(), listApps()]);
  return { person, info, apps };
}

/** Loads the service's and the person's identity, and then shows the chat. */
export function StartPage() {
  const [start, setStart] = useState<Start>();
  const [attempt, setAttempt] = useState(0);
  const hash = useHash();
  const link = useMemo(() => parseSharedHash(hash), [hash]);
  useEffect(() => {
    let current = true;
    loadService().then(
      (service) => current && setStart({ service }),
      (error: unknown) => current && setStart({ problem: asProblem(error) }),
    );
    return () => {
      current = false;
    };
  }, [attempt]);

  if (!start) return <StartSkeleton />;
  if ('problem' in start && start.problem.status === 401) return <SignIn />;
  if ('problem' in start) {
    return (
      <main className="start-problem">
        <h1>Lornu</h1>
        <ProblemNotice
          problem={start.problem}
          onRetry={() => (setStart(undefined), setAttempt(attempt + 1))}
        />
      </main>
    );
  }
  const { person, info, apps } = start.service;
  if (apps.length === 0) {
    return (
      <main className="start-problem">
        <h1>Lornu</h1>
        <p>
          No agent is loaded. Put one into the agents folder, or look at /ready for those that could not be
          loaded.
        </p>
      </main>
    );
  }
  if (link) return <SharedPage key={hash} link={link} />;
  return <ChatPage person={person} info={info} apps={apps} />;
}

/** Shown if the service requires sign-in and nobody is signed in. */
function SignIn() {
  return (
    <main className="empty sign-in">
      <img src={icon} alt="" className="empty-mark" />
      <h1>Sign in to Lornu</h1>
      <p>Your conversations and files are yours alone.</p>
      <a className="button button-primary" href={SIGN_IN_PATH} onClick={keepPlace}>
        Sign in
      </a>
    </main>
  );
}

function StartSkeleton() {
  return (
    <div className="shell" role="status" aria-label="Loading">
      <div className="sidebar" />
      <div className="main">
        <div className="topbar" />
        <div className="messages-inner messages-skeleton">
          <div className="skeleton" />
          <div className="skeleton" />
          <div className="skeleton" />
        </div>
      </div>
    </div>
  );
}
