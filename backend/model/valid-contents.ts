import type { Content } from '@google/genai';
import { pairCalls } from './pair-calls.ts';

const OPENING: Content = { role: 'user', parts: [{ text: 'The conversation begins with your words.' }] };

/**
 * The contents of a request in the form that Gemini accepts, whoever wrote the history they were made of: the rules
 * are in docs/history.md. Only the request is repaired; the session keeps what was said. Every request to a model
 * passes here.
 */
export function validContents(contents: readonly Content[]): Content[] {
  const turns = contents.map((content) => ({ content: withRole(content) }));
  const valid: Content[] = [];
  for (const { content } of pairCalls(turns, { isModels: ({ content: { role } }) => role === 'model' })) {
    if (!content.parts?.length) continue;
    const before = valid.at(-1);
    // A turn of calls may not follow another turn of the model: the two become one.
    if (before?.parts && before.role === 'model' && hasCalls(content))
      valid[valid.length - 1] = { ...before, parts: [...before.parts, ...content.parts] };
    else valid.push(content);
  }
  if (valid[0]?.role === 'model') valid.unshift(OPENING);
  return valid;
}

/** Gemini knows two roles. Its older `function`, and whatever else is written, is what a user says. */
function withRole(content: Content): Content {
  return content.role === 'user' || content.role === 'model' ? content : { ...content, role: 'user' };
}

const hasCalls = ({ parts }: Content): boolean => (parts ?? []).some(({ functionCall }) => functionCall);
