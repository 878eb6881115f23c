import { Info, RotateCcw, Shuffle } from 'lucide-react';
import { memo, useMemo, useRef, useState } from 'react';
import type { ArtifactFolder } from '../api/artifacts.ts';
import type { Versions } from '../chat/branches.ts';
import {
  answeredAtSeconds,
  hasEndedEarly,
  type Confirmation,
  type Turn,
  type TurnItem,
} from '../chat/turn.ts';
import { timesOf } from '../chat/answer-times.ts';
import { answerToMarkdown } from '../chat/export.ts';
import { toFacts } from '../chat/turn-facts.ts';
import { BeingWritten } from '../ui/fold.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Menu } from '../ui/menu.tsx';
import { SpeakButton } from '../ui/speak-button.tsx';
import { toWords } from '../util/format.ts';
import { AnswerDetails } from './answer-details.tsx';
import { MessageTime } from './message-time.tsx';
import { TurnItemView } from './turn-item.tsx';
import { UserMessage } from './user-message.tsx';

export interface TurnActions {
  /** Models that an answer can be asked of; empty where there is no choice. */
  models: readonly string[];
  /** Sends the turn's message again, to `model` if given; `index` counts the turns from 0. */
  onResend: (turn: Turn, index: number, model?: string) => void;
  /** Sends `text` instead of the turn's message; `index` counts the turns from 0. */
  onEdit: (turn: Turn, index: number, text: string) => void;
  onOpen: (sessionId: string) => void;
  /** US dollars; undefined where it is not known. */
  costOf: (turn: Turn) => Promise<number | undefined>;
  onConfirm: (confirmation: Confirmation, confirmed: boolean) => void;
}

interface TurnViewProps {
  turn: Turn;
  index: number;
  /** Address of the conversation's files; absent before it has an id. */
  folder: ArtifactFolder | undefined;
  /** Set if the turn has several versions. */
  versions: Versions | undefined;
  isLast: boolean;
  isBusy: boolean;
  /** Absent if the conversation is read-only. */
  actions: TurnActions | undefined;
}

/** A person's message and everything the agent did about it. */
export const TurnView = memo(function TurnView(props: TurnViewProps) {
  const { turn, index, folder, versions, isLast, isBusy, actions } = props;
  const { user, items } = turn;
  const answeredAt = answeredAtSeconds(turn);
  const isRunning = isLast && isBusy;
  // Not for each frame of an answer that is being written: it has no buttons yet.
  const answer = isRunning ? '' : answerToMarkdown(items);
  const canChange = isLast && !isBusy;
  const onRetry = actions && canChange && user ? () => actions.onResend(turn, index) : undefined;
  const models = actions?.models ?? [];
  const frame = useRef<HTMLDivElement>(null);
  const costOf = actions?.costOf;
  const loadCost = useMemo(() => costOf && (() => costOf(turn)), [costOf, turn]);
  const hasText = items.some((item) => item.kind === 'text' && !item.thought && item.text);
  const answeredBy = models.length > 1 && !isRunning ? toFacts(turn.events).models.join(', ') : '';
  const [showsDetails, setShowsDetails] = useState(false);
  return (
    <article className="turn" aria-busy={isRunning}>
      {user && (
        <UserMessage
          user={user}
          folder={folder}
          versions={versions}
          onOpen={actions?.onOpen}
          onEdit={actions && !isBusy ? (text) => actions.onEdit(turn, index, text) : undefined}
        />
      )}
      {items.length > 0 && (
        <div className="answer" ref={frame}>
          {items.map((item, at) => (
            <div key={item.key} className="answer-item">
              {showsAuthor(items, at) && <h2 className="author">{toWords(authorOf(item) ?? '')}</h2>}
              <BeingWritten value={isRunning}>
                <TurnItemView
                  item={item}
                  folder={folder}
                  onConfirm={canChange ? actions?.onConfirm : undefined}
                  onRetry={onRetry}
                />
              </BeingWritten>
            </div>
          ))}
          {!isRunning && (
            <div className="message-actions">
              {answer && <CopyButton copy={answer} label="Copy answer" />}
              {hasText && <SpeakButton read={() => readBlocks(frame.current)} />}
              {onRetry && !hasEndedEarly(turn) && (
                <IconButton label="Try again" onClick={onRetry}>
                  <RotateCcw aria-hidden />
                </IconButton>
              )}
              {onRetry && models.length > 1 && (
                <Menu
                  label="Try again with another model"
                  icon={<Shuffle aria-hidden />}
                  entries={() =>
                    models.map((model) => ({
                      id: model,
                      label: model,
                      icon: null,
                      run: () => actions?.onResend(turn, index, model),
                    }))
                  }
                />
              )}
              <IconButton label="Details of this answer" onClick={() => setShowsDetails(true)}>
                <Info aria-hidden />
              </IconButton>
              {answeredBy && (
                <span className="message-model" title={answeredBy}>
                  {answeredBy}
                </span>
              )}
              {answeredAt !== undefined && <MessageTime atSeconds={answeredAt} />}
            </div>
          )}
        </div>
      )}
      {showsDetails && (
        <AnswerDetails
          events={turn.events}
          times={timesOf(turn.invocationId)}
          loadCost={loadCost}
          onClose={() => setShowsDetails(false)}
        />
      )}
    </article>
  );
});

/** The text of an answer in blocks, without code and tool calls. */
function readBlocks(answer: HTMLElement | null): string[] {
  const blocks = answer?.querySelectorAll<HTMLElement>(
    '.markdown > :is(p, ul, ol, blockquote, h3, h4, h5, h6)',
  );
  return [...(blocks ?? [])].map((block) => block.textContent.trim()).filter(Boolean);
}

function authorOf(item: TurnItem): string | undefined {
  return 'author' in item ? item.author : undefined;
}

/** Whether the author's name is shown: where another agent begins to write. */
function showsAuthor(items: readonly TurnItem[], index: number): boolean {
  const author = items[index] && authorOf(items[index]);
  if (!author) return false;
  const before = items.slice(0, index).findLast((item) => authorOf(item) !== undefined);
  return !before || authorOf(before) !== author;
}
