import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { IconButton } from './icon-button.tsx';

export interface MenuEntry {
  id: string;
  label: string;
  icon: ReactNode;
  run: () => void;
}

interface MenuProps {
  label: string;
  icon: ReactNode;
  /** Called when the menu opens. */
  entries: () => readonly MenuEntry[];
}

/** Distance from the button and from the edge of the window. */
const GAP_PX = 4;

/**
 * A button that opens a list of commands: arrow keys move through it; Escape, a click elsewhere and scrolling close it.
 */
export function Menu({ label, icon, entries }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const button = frame.current?.querySelector('button');
    if (list.current && button) placeBeside(button, list.current);
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return undefined;
    list.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
    const closeOutside = ({ target }: Event): void => {
      if (target instanceof Node && !frame.current?.contains(target)) setIsOpen(false);
    };
    const opened = frame.current?.getBoundingClientRect();
    const closeOnScroll = ({ target }: Event): void => {
      // Not the answer that streams beside the list of conversations.
      const isAround = target instanceof Node && target !== list.current && target.contains(frame.current);
      // The event of a scroll before the click comes later: nothing has moved since.
      if (isAround && frame.current?.getBoundingClientRect().top !== opened?.top) setIsOpen(false);
    };
    const closeOnResize = (): void => setIsOpen(false);
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('scroll', closeOnScroll, { capture: true });
    addEventListener('resize', closeOnResize);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('scroll', closeOnScroll, { capture: true });
      removeEventListener('resize', closeOnResize);
    };
  }, [isOpen]);

  function close(): void {
    setIsOpen(false);
    frame.current?.querySelector('button')?.focus();
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      close();
      // Or the drawer around it would close too.
      event.preventDefault();
    } else if (event.key === 'Tab') setIsOpen(false);
    else {
      const items = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
      const at = items.findIndex((item) => item === document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
      if (to === undefined) return;
      items.at(to >= items.length ? 0 : to)?.focus();
      event.preventDefault();
    }
  }

  return (
    <div className="menu" ref={frame}>
      <IconButton
        label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        {icon}
      </IconButton>
      {isOpen && (
        <div id={id} ref={list} className="menu-list" role="menu" aria-label={label} onKeyDown={handleKey}>
          {entries().map((entry) => (
            <button
              key={entry.id}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => (close(), entry.run())}
            >
              {entry.icon}
              {entry.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Below the button, or above it where there is no room; always inside the window. */
function placeBeside(button: Element, list: HTMLElement): void {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = list;
  const isRoomBelow = bottom + offsetHeight + 2 * GAP_PX <= innerHeight;
  list.style.top = `${Math.max(GAP_PX, isRoomBelow ? bottom + GAP_PX : top - offsetHeight - GAP_PX)}px`;
  list.style.left = `${Math.max(GAP_PX, Math.min(right, innerWidth - GAP_PX) - offsetWidth)}px`;
}
