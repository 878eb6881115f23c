import { useEffect, useState } from 'react';

/**
 * True once the person has opened the browser's own search (Ctrl+F, F3), which finds only what is in the page. On a
 * phone nothing tells the page.
 */
export function useBrowserSearch(isNeeded: boolean): boolean {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    if (!isNeeded || isOpen) return undefined;
    const watch = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
      if (key === 'F3' || ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'f')) setIsOpen(true);
    };
    addEventListener('keydown', watch);
    return () => removeEventListener('keydown', watch);
  }, [isNeeded, isOpen]);
  return isOpen;
}
