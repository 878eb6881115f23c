import type { Part } from '@a2a-js/sdk';
import { toStandardBase64 } from '../events/base64.ts';

type RawContent = Extract<NonNullable<Part['content']>, { $case: 'raw' }>;

/** Files of messages as they came. */
const texts = new WeakMap<RawContent, string>();

/**
 * Gives a part its file as base64, of either alphabet. A model is sent the text as it is, so it is decoded only where the
 * bytes are asked for: a file of 30 MB would be copied twice and hold everybody up for it.
 */
export function setRawBase64(content: RawContent, base64: string): void {
  texts.set(content, toStandardBase64(base64));
  let bytes: Buffer | undefined;
  Object.defineProperty(content, 'value', {
    configurable: true,
    enumerable: true,
    get: () => (bytes ??= Buffer.from(base64, 'base64')),
  });
}

/** A part's file as standard base64. */
export function rawBase64(content: RawContent): string {
  return texts.get(content) ?? Buffer.from(content.value).toString('base64');
}

/** The bytes of a part's file. */
export function rawSize(content: RawContent): number {
  const text = texts.get(content);
  if (text === undefined) return content.value.byteLength;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
