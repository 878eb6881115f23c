import type { Content } from '@google/genai';

/** Characters of a content's texts and files; nothing else in a message is large. */
export function contentChars(content: Content | undefined): number {
  const parts = content?.parts ?? [];
  return parts.reduce((sum, { text, inlineData }) => sum + (text ?? inlineData?.data ?? '').length, 0);
}
