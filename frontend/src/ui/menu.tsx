import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
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
  entries: readonly MenuEntry[];
}

/** A button that opens a list of commands: arrow keys move through it, Escape and a click elsewhere close it. */
export function Menu({ label, icon, entries }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    frame.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const closeOutside = ({ target }: Event): void => {
      if (target instanceof Node && !frame.current?.contains(target)) setIsOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [isOpen]);

  function close(): void {
    setIsOpen(false);
    frame.current?.querySelector('button')?.focus();
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setIsOpen(false);
    else {
      const items = [...(frame.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
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
        <div id={id} className="menu-list" role="menu" aria-label={label} onKeyDown={handleKey}>
          {entries.map((entry) => (
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
