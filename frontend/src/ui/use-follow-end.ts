import { useCallback, useLayoutEffect, useRef, useState, type DOMAttributes, type RefObject } from 'react';
import { flushSync } from 'react-dom';

/** Within this distance from the end a person who scrolls down means the end. */
const NEAR_END_PX = 80;
/** A finger that moves less does not scroll. */
const TOUCH_PX = 3;

interface FollowEnd {
  /** Whether the element scrolls with what is added at its end. */
  follows: boolean;
  /** Not in an event handler of React's: those call it themselves. */
  setFollows: (follows: boolean) => void;
  /** What is read keeps its place when the next render adds something above it. */
  holdPlace: () => void;
  /** To be set on the element. */
  handlers: Pick<
    DOMAttributes<HTMLElement>,
    'onScroll' | 'onWheel' | 'onKeyDown' | 'onTouchStart' | 'onTouchMove' | 'onClickCapture'
  >;
}

/** Scrolls an element with its end until the person scrolls up, and again once they have scrolled back to the end. */
export function useFollowEnd(viewport: RefObject<HTMLElement | null>): FollowEnd {
  const [follows, setFollows] = useState(true);
  const fromEnd = useRef<number>(undefined);
  const seen = useRef({ top: 0, height: 0 });
  const touchedAt = useRef(0);

  useLayoutEffect(() => {
    const element = viewport.current;
    if (follows) element?.scrollTo({ top: element.scrollHeight });
    else if (fromEnd.current !== undefined)
      element?.scrollTo({ top: element.scrollHeight - fromEnd.current });
    fromEnd.current = undefined;
  });
  // Pictures and colours load after the text, and the message box below becomes higher. Both move the end.
  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element || !follows) return undefined;
    const observer = new ResizeObserver(() => element.scrollTo({ top: element.scrollHeight }));
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, [follows, viewport]);

  /**
   * At once: React renders the text that streams before it takes up a state that was set by the wheel or by scrolling,
   * and would scroll back to the end.
   */
  function setNow(next: boolean): void {
    if (next !== follows) flushSync(() => setFollows(next));
  }
  function leave(): void {
    const { scrollHeight = 0, clientHeight = 0 } = viewport.current ?? {};
    if (scrollHeight > clientHeight) setNow(false);
  }
  function watchScroll(): void {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = viewport.current ?? {};
    const { top, height } = seen.current;
    seen.current = { top: scrollTop, height: scrollHeight };
    const toEnd = scrollHeight - scrollTop - clientHeight;
    // Content that became shorter, or a message box that did, also moves the position without a scroll.
    if (scrollTop < top - 1 && scrollHeight >= height && toEnd > 1) setNow(false);
    else if (scrollTop > top && toEnd < NEAR_END_PX) setNow(true);
  }

  const holdPlace = useCallback(() => {
    const { scrollHeight = 0, scrollTop = 0 } = viewport.current ?? {};
    fromEnd.current = scrollHeight - scrollTop;
  }, [viewport]);

  return {
    follows,
    setFollows,
    holdPlace,
    handlers: {
      onScroll: watchScroll,
      onWheel: ({ deltaY }) => {
        if (deltaY < 0) leave();
      },
      onKeyDown: ({ key, shiftKey }) => {
        if (['ArrowUp', 'PageUp', 'Home'].includes(key) || (key === ' ' && shiftKey)) leave();
      },
      onTouchStart: ({ touches }) => {
        touchedAt.current = touches[0]?.clientY ?? 0;
      },
      onTouchMove: ({ touches }) => {
        if ((touches[0]?.clientY ?? 0) > touchedAt.current + TOUCH_PX) leave();
      },
      onClickCapture: ({ target }) => {
        // A person who expands something wants to read it.
        if (target instanceof Element && target.closest('summary')) setNow(false);
      },
    },
  };
}
