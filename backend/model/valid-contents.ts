import type { Content, Part } from '@google/genai';
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
    let next = content.parts.some(isBareSignature) ? withTexts(content) : content;
    // A turn of calls may not follow another turn of the model: they become one.
    if (hasCalls(content)) while (valid.at(-1)?.role === 'model') next = joined(valid.pop()!, next);
    valid.push(next);
  }
  if (valid[0]?.role === 'model') valid.unshift(OPENING);
  return valid;
}

/** Gemini knows two roles. Its older `function`, and whatever else is written, is what a user says. */
function withRole(content: Content): Content {
  return content.role === 'user' || content.role === 'model' ? content : { ...content, role: 'user' };
}

/** A signature without the empty text that it came with: the events' view leaves that out (agents/valid-history.ts). */
function isBareSignature(part: Part): boolean {
  if (part.thoughtSignature === undefined) return false;
  return Object.entries(part).every(
    ([field, value]) => value === undefined || field === 'thoughtSignature' || field === 'thought',
  );
}

function withTexts({ role, parts }: Content): Content {
  return { role, parts: (parts ?? []).map((part) => (isBareSignature(part) ? { ...part, text: '' } : part)) };
}

const joined = (first: Content, second: Content): Content => ({
  role: first.role,
  parts: [...(first.parts ?? []), ...(second.parts ?? [])],
});

const hasCalls = ({ parts }: Content): boolean => (parts ?? []).some(({ functionCall }) => functionCall);
