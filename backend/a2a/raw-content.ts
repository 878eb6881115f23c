import type { Part } from '@a2a-js/sdk';
import { toStandardBase64 } from '../events/base64.ts';

type RawContent = Extract<NonNullable<Part['content']>, { $case: 'raw' }>;

/** The base64 text of files, as received. */
const texts = new WeakMap<RawContent, string>();

/**
 * Sets a part's file as base64, in either alphabet. The model is sent the text unchanged, so it is only decoded when
 * the bytes are needed: decoding a file of 30 MB would make two copies and block every other request.
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

/** Size of a part's file in bytes. */
export function rawSize(content: RawContent): number {
  const text = texts.get(content);
  if (text === undefined) return content.value.byteLength;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
