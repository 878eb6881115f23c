import { CircleAlert, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../api/problem.ts';
import { SIGN_IN_PATH } from '../api/sessions.ts';
import { keepPlace } from '../util/route.ts';

interface ProblemNoticeProps {
  problem: Problem;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}

/** What went wrong, why, and what to do now. */
export function ProblemNotice({ problem, onRetry, children }: ProblemNoticeProps) {
  const needsSignIn = problem.status === 401;
  return (
    <div className="problem" role="alert">
      <CircleAlert aria-hidden />
      <div>
        <p className="problem-message">{problem.message}</p>
        <p>{problem.next}</p>
        {problem.status >= 500 && problem.requestId && (
          <p className="problem-id">Request {problem.requestId}</p>
        )}
        {(onRetry || children || needsSignIn) && (
          <div className="problem-actions">
            {needsSignIn && (
              <a className="button button-primary" href={SIGN_IN_PATH} onClick={keepPlace}>
                Sign in
              </a>
            )}
            {onRetry && !needsSignIn && (
              <button type="button" className="button" onClick={onRetry}>
                <RotateCcw aria-hidden /> Try again
              </button>
            )}
            {children}
          </div>
        )}
      </div>
    </div>
  );
}
