import { expect, test } from 'bun:test';
import type { KeyboardEvent } from 'react';
import { isSendKey } from './keys.ts';

const key = (change: { shiftKey?: boolean; isComposing?: boolean; keyCode?: number } = {}): KeyboardEvent => {
  const { shiftKey = false, isComposing = false, keyCode = 13 } = change;
  return { key: 'Enter', shiftKey, nativeEvent: { isComposing, keyCode } } as unknown as KeyboardEvent;
};

test('Enter sends, but not with Shift, and not while an input method is composing', () => {
  expect(isSendKey(key())).toBe(true);
  expect(isSendKey(key({ shiftKey: true }))).toBe(false);
  expect(isSendKey(key({ isComposing: true, keyCode: 229 }))).toBe(false);
  // Safari sends the Enter that ends a composition after its end.
  expect(isSendKey(key({ keyCode: 229 }))).toBe(false);
});
