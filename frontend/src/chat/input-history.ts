import { useRef, type KeyboardEvent } from 'react';

/**
 * Arrow up and down go through earlier messages, as in a shell: from an empty field, and further while the recalled
 * text is unchanged. Returns a handler that says whether it used the key.
 */
export function useInputHistory(
  history: readonly string[],
  setText: (text: string) => void,
): (event: KeyboardEvent<HTMLTextAreaElement>) => boolean {
  /** How far back, and the recalled text in the field. */
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
