import { CircleSlash, RotateCcw, TriangleAlert } from 'lucide-react';
import { toFailureWords } from '../chat/failure-words.ts';

interface TurnFailureProps {
  code: string | undefined;
  message: string;
  /** Absent if the turn is not the last one. */
  onRetry: (() => void) | undefined;
}

/** Why an answer ended early, with the model's own message below. */
export function TurnFailure({ code, message, onRetry }: TurnFailureProps) {
  const words = toFailureWords(code, message);
  return (
    <div className="problem" role="group" aria-label="Failed answer">
      <TriangleAlert aria-hidden />
      <div>
        <p className="problem-message">{words.message}</p>
        <p>{words.next}</p>
        {onRetry && (
          <div className="problem-actions">
            <button type="button" className="button" onClick={onRetry}>
              <RotateCcw aria-hidden /> Try again
            </button>
          </div>
        )}
        <details className="problem-details">
          <summary>Details</summary>
          <p>
            {code && <code>{code}</code>} {message}
          </p>
        </details>
      </div>
    </div>
  );
}

interface EndedEarlyProps {
  sentence: string;
  /** Absent if the turn is not the last one. */
  onRetry: (() => void) | undefined;
}

/** A turn that has no end, or no answer at all. */
export function EndedEarly({ sentence, onRetry }: EndedEarlyProps) {
  return (
    <div className="item-notice">
      <CircleSlash aria-hidden />
      <p>{sentence}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          <RotateCcw aria-hidden /> Try again
        </button>
      )}
    </div>
  );
}
