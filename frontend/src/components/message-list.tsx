import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { ArtifactFolder } from '../api/artifacts.ts';
import type { AdkEvent } from '../api/types.ts';
import type { Versions } from '../chat/branches.ts';
import { isBusy, type Phase } from '../chat/conversation-state.ts';
import type { Place } from '../chat/text-search.ts';
import { createTurnCache } from '../chat/turn-cache.ts';
import { showWords, unmarkWords } from '../ui/show-words.ts';
import { useBeforePrint } from '../ui/use-before-print.ts';
import { useBrowserSearch } from '../ui/use-browser-search.ts';
import { useFollowEnd } from '../ui/use-follow-end.ts';
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
  /** A turn to open at, and words to mark in it. */
  place?: Place | undefined;
  onPlaceShown?: () => void;
  /** Shown after the last turn: notices. */
  children?: ReactNode;
}

/** Turns rendered at first, and added by "Show earlier": a conversation may have thousands. */
const TURNS_AT_ONCE = 50;
/** Turns added in a frame until all that are searched are there: the page must stay responsive meanwhile. */
const TURNS_A_FRAME = 20;
/** Turns shown above one that was searched for. */
const TURNS_ABOVE = 2;

/** The conversation. It scrolls with the answer unless the person has scrolled away from its end. */
export function MessageList(props: MessageListProps) {
  const { folder, phase, events, actions, sent, versions, place, onPlaceShown, children } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const { follows, setFollows, holdPlace, handlers } = useFollowEnd(viewport);
  const [shown, setShown] = useState(TURNS_AT_ONCE);
  const toTurns = useMemo(createTurnCache, []);
  const turns = toTurns(events);
  const heldFirst = useRef(0);
  // While somebody reads further up, a new turn at the end must not take one away at the top.
  const latest = Math.max(0, turns.length - shown);
  const first = follows ? latest : Math.min(heldFirst.current, latest);
  const placeAt = place ? turns.findIndex(({ invocationId }) => invocationId === place.invocationId) : -1;
  const isPlaceShown = placeAt >= 0 && first <= Math.max(0, placeAt - TURNS_ABOVE);
  const searchesPage = useBrowserSearch(first > 0);
  const busy = isBusy({ phase });
  const count = turns.reduce((sum, { items }) => sum + 1 + items.length, 0);
  const countAtEnd = useRef(count);

  useLayoutEffect(() => {
    heldFirst.current = first;
    if (follows) countAtEnd.current = count;
  });
  const sentBefore = useRef(sent);
  useEffect(() => {
    if (sentBefore.current === sent) return;
    sentBefore.current = sent;
    setFollows(true);
    unmarkWords();
  }, [sent, setFollows]);
  useLayoutEffect(() => {
    const turn = viewport.current?.querySelectorAll<HTMLElement>('article.turn')[placeAt - first];
    if (!place || !isPlaceShown || !turn) return;
    setFollows(false);
    showWords(turn, place.words);
    onPlaceShown?.();
    // Whoever cannot see it hears it. Later, because the message box takes the focus when a conversation opens.
    turn.tabIndex = -1;
    requestAnimationFrame(() => turn.focus({ preventScroll: true }));
    // Not again when a turn is added.
  }, [place, isPlaceShown]);
  const showEarlier = useCallback(
    (more: number) => {
      holdPlace();
      setShown(turns.length - first + more);
    },
    [holdPlace, turns.length, first],
  );
  const showAll = useCallback(() => showEarlier(first), [showEarlier, first]);
  useBeforePrint(first > 0, showAll);
  const needsMore = first > 0 && (searchesPage || (placeAt >= 0 && !isPlaceShown));
  useEffect(() => {
    if (!needsMore) return undefined;
    const frame = requestAnimationFrame(() => showEarlier(TURNS_A_FRAME));
    return () => cancelAnimationFrame(frame);
  }, [needsMore, showEarlier]);

  return (
    <div className="messages-frame">
      {/* A region that scrolls must be reachable by keyboard. */}
      <div
        {...handlers}
        className="messages"
        ref={viewport}
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
                // The button goes away with the last of them, and what they are read with is here.
                if (first <= TURNS_AT_ONCE) viewport.current?.focus({ preventScroll: true });
                showEarlier(TURNS_AT_ONCE);
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
