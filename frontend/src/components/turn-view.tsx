import { RotateCcw } from 'lucide-react';
import { memo } from 'react';
import type { Owner } from '../api/sessions.ts';
import type { Confirmation, Turn, TurnItem } from '../chat/turn.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { toWords } from '../util/format.ts';
import { TurnItemView } from './turn-item.tsx';
import { UserMessage } from './user-message.tsx';

export interface TurnActions {
  /** Takes the turn back and says the same again. */
  onResend: (turn: Turn) => void;
  /** Says `text` instead of what the turn began with. */
  onEdit: (turn: Turn, text: string) => void;
  onConfirm: (confirmation: Confirmation, confirmed: boolean) => void;
}

interface TurnViewProps {
  turn: Turn;
  owner: Owner;
  sessionId: string | undefined;
  isLast: boolean;
  isBusy: boolean;
  actions: TurnActions;
}

/** What a person said and everything the agent did about it. */
export const TurnView = memo(function TurnView(props: TurnViewProps) {
  const { turn, owner, sessionId, isLast, isBusy, actions } = props;
  const { user, items } = turn;
  const answer = items
    .flatMap((item) => (item.kind === 'text' && !item.thought ? item.text : []))
    .join('\n\n');
  const canChange = isLast && !isBusy;
  const onRetry = canChange && user ? () => actions.onResend(turn) : undefined;
  const endedBadly = ['error', 'interrupted'].includes(items.at(-1)?.kind ?? '');
  return (
    <article className="turn" aria-busy={isLast && isBusy}>
      {user && (
        <UserMessage user={user} onEdit={canChange ? (text) => actions.onEdit(turn, text) : undefined} />
      )}
      {items.length > 0 && (
        <div className="answer">
          {items.map((item, index) => (
            <div key={item.key} className="answer-item">
              {showsAuthor(items, index) && <h2 className="author">{toWords(authorOf(item) ?? '')}</h2>}
              <TurnItemView
                item={item}
                owner={owner}
                sessionId={sessionId}
                onConfirm={canChange ? actions.onConfirm : undefined}
                onRetry={onRetry}
              />
            </div>
          ))}
          {!(isLast && isBusy) && (
            <div className="message-actions">
              {answer && <CopyButton text={answer} label="Copy answer" />}
              {onRetry && !endedBadly && (
                <IconButton label="Try again" onClick={onRetry}>
                  <RotateCcw aria-hidden />
                </IconButton>
              )}
            </div>
          )}
        </div>
      )}
    </article>
  );
});

function authorOf(item: TurnItem): string | undefined {
  return 'author' in item ? item.author : undefined;
}

/** The name stands where somebody else begins to speak. */
function showsAuthor(items: readonly TurnItem[], index: number): boolean {
  const author = items[index] && authorOf(items[index]);
  if (!author) return false;
  const before = items.slice(0, index).findLast((item) => authorOf(item) !== undefined);
  return !before || authorOf(before) !== author;
}
