import type { Content, Part } from '@google/genai';
import { pairCalls } from './pair-calls.ts';

const OPENING: Content = { role: 'user', parts: [{ text: 'The conversation begins with your words.' }] };

/**
 * Brings a request's contents into the form that Gemini accepts, whoever wrote the history: the rules are in
 * docs/history.md. Only the request is repaired; the session is unchanged. Every model request passes here.
 */
export function validContents(contents: readonly Content[]): Content[] {
  const turns = contents.map((content) => ({ content: withTexts(withRole(content)) }));
  const valid: Content[] = [];
  for (const { content } of pairCalls(turns, { isModels: ({ content: { role } }) => role === 'model' })) {
    if (!content.parts?.length) continue;
    let next = content.parts.some(isBareSignature) ? withEmptyTexts(content) : content;
    // Gemini refuses a turn of calls after another model turn: join them.
    if (hasCalls(content)) while (valid.at(-1)?.role === 'model') next = joined(valid.pop()!, next);
    valid.push(next);
  }
  if (valid[0]?.role === 'model') valid.unshift(OPENING);
  return valid;
}

/** Gemini has two roles. Its older `function`, and any other role, becomes `user`. */
function withRole(content: Content): Content {
  return content.role === 'user' || content.role === 'model' ? content : { ...content, role: 'user' };
}

/** Another writer may have stored a text or a signature as a number or a list. */
function withTexts(content: Content): Content {
  if (!content.parts?.some((part) => isOther(part.text) || isOther(part.thoughtSignature))) return content;
  const parts = content.parts.map((part) => ({
    ...part,
    text: isOther(part.text) ? undefined : part.text,
    thoughtSignature: isOther(part.thoughtSignature) ? undefined : part.thoughtSignature,
  }));
  return { ...content, parts };
}

const isOther = (value: unknown): boolean => typeof (value ?? '') !== 'string';

/** A signature whose empty text was dropped by the view of the events (agents/valid-history.ts). */
function isBareSignature(part: Part): boolean {
  if (part.thoughtSignature === undefined) return false;
  return Object.entries(part).every(
    ([field, value]) => value === undefined || field === 'thoughtSignature' || field === 'thought',
  );
}

function withEmptyTexts({ role, parts }: Content): Content {
  return { role, parts: (parts ?? []).map((part) => (isBareSignature(part) ? { ...part, text: '' } : part)) };
}

const joined = (first: Content, second: Content): Content => ({
  role: first.role,
  parts: [...(first.parts ?? []), ...(second.parts ?? [])],
});

const hasCalls = ({ parts }: Content): boolean => (parts ?? []).some(({ functionCall }) => functionCall);
