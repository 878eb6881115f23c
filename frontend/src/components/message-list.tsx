import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { ArtifactFolder } from '../api/artifacts.ts';
import type { AdkEvent } from '../api/types.ts';
import type { Versions } from '../chat/branches.ts';
import { isBusy, type Phase } from '../chat/conversation-state.ts';
import { createTurnCache } from '../chat/turn-cache.ts';
import { TurnBoundary } from './turn-boundary.tsx';
import { TurnView, type TurnActions } from './turn-view.tsx';
import { Waiting } from './waiting.tsx';

interface MessageListProps {
  /** Address of the conversation's files; absent before it has an id. */
  folder: ArtifactFolder | undefined;
  phase: Phase;
  events: readonly AdkEvent[];
  /** Absent if the conversation is read-only. */
  actions?: TurnActions;
  /** Changes when the person sends a message, which they want to see. */
  sent?: number;
  /** Turns with several versions, by their number. */
  versions?: ReadonlyMap<number, Versions>;
  /** Shown after the last turn: notices. */
  children?: ReactNode;
}

const NEAR_BOTTOM_PX = 80;
/** Turns rendered at first, and added by "Show earlier": a conversation may have thousands. */
const TURNS_AT_ONCE = 50;

/** The conversation. It scrolls with the answer unless the person has scrolled away from its end. */
export function MessageList(props: MessageListProps) {
  const { folder, phase, events, actions, sent, versions, children } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const [shown, setShown] = useState(TURNS_AT_ONCE);
  const toTurns = useMemo(createTurnCache, []);
  const turns = toTurns(events);
  const heldFirst = useRef(0);
  // While somebody reads further up, a new turn at the end must not take one away at the top.
  const latest = Math.max(0, turns.length - shown);
  const first = follows ? latest : Math.min(heldFirst.current, latest);
  const busy = isBusy({ phase });
  const count = turns.reduce((sum, { items }) => sum + 1 + items.length, 0);
  const countAtEnd = useRef(count);
  /** Distance from the end when the person asked for earlier turns, so that the position is kept. */
  const fromEnd = useRef<number>(undefined);

  useLayoutEffect(() => {
    heldFirst.current = first;
    const element = viewport.current;
    if (follows) {
      countAtEnd.current = count;
      element?.scrollTo({ top: element.scrollHeight });
    } else if (fromEnd.current !== undefined) {
      element?.scrollTo({ top: element.scrollHeight - fromEnd.current });
      fromEnd.current = undefined;
    }
  });
  useEffect(() => setFollows(true), [sent]);
  // Pictures and colours load after the text and move the end down.
  useEffect(() => {
    const element = viewport.current?.firstElementChild;
    if (!element || !follows) return undefined;
    const observer = new ResizeObserver(() =>
      viewport.current?.scrollTo({ top: viewport.current.scrollHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [follows]);

  /** Scrolling up stops following the answer; scrolling back to the end resumes it. */
  const seen = useRef({ top: 0, height: 0 });
  function watchScroll(): void {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = viewport.current ?? {};
    const { top, height } = seen.current;
    seen.current = { top: scrollTop, height: scrollHeight };
    const toEnd = scrollHeight - scrollTop - clientHeight;
    // Content that became shorter, or a message box that did, also moves the position without a scroll.
    if (scrollTop < top - 1 && scrollHeight >= height && toEnd > 1) setFollows(false);
    else if (scrollTop > top && toEnd < NEAR_BOTTOM_PX) setFollows(true);
  }
  /**
   * Called before the page scrolls: while text streams, the next chunk would otherwise scroll back to the end first.
   */
  function leaveEnd(): void {
    const { scrollHeight = 0, clientHeight = 0 } = viewport.current ?? {};
    if (scrollHeight > clientHeight) setFollows(false);
  }

  return (
    <div className="messages-frame">
      {/* A region that scrolls must be reachable by keyboard. */}
      <div
        className="messages"
        ref={viewport}
        onScroll={watchScroll}
        onWheel={({ deltaY }) => {
          if (deltaY < 0) leaveEnd();
        }}
        onKeyDown={({ key, shiftKey }) => {
          if (['ArrowUp', 'PageUp', 'Home'].includes(key) || (key === ' ' && shiftKey)) leaveEnd();
        }}
        onClickCapture={(event) => {
          // A person who expands something wants to read it, so stop scrolling to the end.
          if (event.target instanceof Element && event.target.closest('summary')) setFollows(false);
        }}
        tabIndex={0}
        role="region"
        aria-label="Conversation"
      >
        <div className="messages-inner">
          {first > 0 && (
            <button
              type="button"
              className="show-more"
              onClick={() => {
                setFollows(false);
                const { scrollHeight = 0, scrollTop = 0 } = viewport.current ?? {};
                fromEnd.current = scrollHeight - scrollTop;
                setShown(shown + TURNS_AT_ONCE);
              }}
            >
              Show earlier
            </button>
          )}
          {turns.slice(first).map((turn, index) => (
            <TurnBoundary key={turn.key} turn={turn}>
              <TurnView
                turn={turn}
                index={first + index}
                folder={folder}
                versions={versions?.get(first + index)}
                isLast={turn === turns.at(-1)}
                isBusy={busy}
                actions={actions}
              />
            </TurnBoundary>
          ))}
          {busy && (phase !== 'streaming' || !isWriting(turns.at(-1))) && <Waiting phase={phase} />}
          {children}
        </div>
      </div>
      {!follows && (
        <button type="button" className="to-end" onClick={() => setFollows(true)}>
          <ArrowDown aria-hidden /> {count > countAtEnd.current ? 'New messages below' : 'To the latest'}
        </button>
      )}
    </div>
  );
}

function isWriting(turn: ReturnType<ReturnType<typeof createTurnCache>>[number] | undefined): boolean {
  const last = turn?.items.at(-1);
  return last?.kind === 'text' && last.streaming;
}
