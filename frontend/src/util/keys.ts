import type { KeyboardEvent } from 'react';

/** Enter sends; with Shift it is a new line, and while an input method composes it belongs to that. */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
}
