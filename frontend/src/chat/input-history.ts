import { useRef, type KeyboardEvent } from 'react';

/**
 * Arrow up and down go through what was said before, as in a shell: from an empty field, and on while what was brought
 * back is unchanged. Gives a handler that says whether the key was taken.
 */
export function useInputHistory(
  history: readonly string[],
  setText: (text: string) => void,
): (event: KeyboardEvent<HTMLTextAreaElement>) => boolean {
  /** How far back, and what stands in the field because of it. */
  const place = useRef({ back: 0, shown: '' });
  return ({ key, currentTarget: { value }, shiftKey, altKey, ctrlKey, metaKey }) => {
    const step = key === 'ArrowUp' ? 1 : key === 'ArrowDown' ? -1 : 0;
    if (step === 0 || shiftKey || altKey || ctrlKey || metaKey) return false;
    if (value !== place.current.shown) place.current = { back: 0, shown: '' };
    if (value !== place.current.shown) return false;
    const back = place.current.back + step;
    if (back < 0 || back > history.length) return false;
    const shown = back === 0 ? '' : (history.at(-back) ?? '');
    place.current = { back, shown };
    setText(shown);
    return true;
  };
}
