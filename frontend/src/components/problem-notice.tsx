import { CircleAlert, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../api/problem.ts';

interface ProblemNoticeProps {
  problem: Problem;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}

/** What went wrong, why, and what to do now. */
export function ProblemNotice({ problem, onRetry, children }: ProblemNoticeProps) {
  return (
    <div className="problem" role="alert">
      <CircleAlert aria-hidden />
      <div>
        <p className="problem-message">{problem.message}</p>
        <p>{problem.next}</p>
        {problem.requestId && <p className="problem-id">Request {problem.requestId}</p>}
        {(onRetry ?? children) && (
          <div className="problem-actions">
            {onRetry && (
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
