import type { KeyboardEvent } from 'react';

/** Enter sends; with Shift it is a new line, and while an input method composes it belongs to that. */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event);
}

/** The key code that browsers send for a key used by an input method (W3C, UI Events, 7.3.1). */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * Whether the key belongs to an input method. Safari ends the composition before it sends the key that ended it:
 * `isComposing` is already false, and only the old key code shows it.
 */
export function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === TAKEN_BY_INPUT_METHOD;
}
