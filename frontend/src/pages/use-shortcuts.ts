import { useEffect } from 'react';

/** Shortcuts that work anywhere on the page: Ctrl+K, Ctrl+Shift+O, and `?` outside of text fields. */
export function useShortcuts(actions: {
  onPalette: () => void;
  onNew: () => void;
  onKeys: () => void;
}): void {
  const { onPalette, onNew, onKeys } = actions;
  useEffect(() => {
    const handle = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey;
      const isOpen = document.querySelector('dialog[open]') !== null;
      if (isOpen || event.isComposing) return;
      if (isCommand && !event.shiftKey && event.key.toLowerCase() === 'k') onPalette();
      else if (isCommand && event.shiftKey && event.key.toLowerCase() === 'o') onNew();
      else if (event.key === '?' && (!isTyping || isEmptyMessage(event.target))) onKeys();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', handle);
    return () => removeEventListener('keydown', handle);
  }, [onPalette, onNew, onKeys]);
}

/** Whether the focus is in a text field that is still empty. */
function isEmptyMessage(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement && target.id === 'message' && target.value === '';
}
