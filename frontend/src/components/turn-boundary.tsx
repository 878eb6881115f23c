import { RotateCcw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import type { Turn } from '../chat/turn.ts';

/** A turn that fails to render is shown as plain text: the rest of the conversation stays usable. */
export function TurnBoundary({ turn, children }: { turn: Turn; children: ReactNode }) {
  return (
    <ErrorBoundary
      // New events may be renderable.
      resetKeys={[turn]}
      fallbackRender={({ resetErrorBoundary }) => <PlainTurn turn={turn} onRetry={resetErrorBoundary} />}
    >
      {children}
    </ErrorBoundary>
  );
}

function PlainTurn({ turn, onRetry }: { turn: Turn; onRetry: () => void }) {
  const answer = turn.items.flatMap((item) => (item.kind === 'text' ? item.text : [])).join('\n\n');
  return (
    <article className="turn">
      {turn.user && <p className="user-bubble user-bubble-plain">{turn.user.text}</p>}
      <div className="problem" role="alert">
        <TriangleAlert aria-hidden />
        <div>
          <p className="problem-message">This answer cannot be shown as it should be.</p>
          <p>It is below as plain text. The conversation is whole, and you can go on with it.</p>
          <div className="problem-actions">
            <button type="button" className="button" onClick={onRetry}>
              <RotateCcw aria-hidden /> Try again
            </button>
          </div>
        </div>
      </div>
      <p className="plain-answer" dir="auto">
        {answer}
      </p>
    </article>
  );
}
