import { expect, test } from 'bun:test';
import { rulesOf } from './model-rules.ts';

const flags = (model: string): string => {
  const rules = rulesOf(model);
  if (!rules) return 'none';
  const { needsSignatures, takesThinkingLevel, takesMinimal, takesSampling } = rules;
  return [needsSignatures, takesThinkingLevel, takesMinimal, takesSampling]
    .map((on) => (on ? 'x' : '-'))
    .join('');
};

test.each([
  ['gemini-2.5-flash', '---x'],
  ['gemini-3-flash-preview', 'xxxx'],
  ['gemini-3.1-pro-preview', 'xx-x'],
  ['gemini-3.5-flash', 'xxxx'],
  ['gemini-3.5-flash-lite', 'xxx-'],
  ['gemini-3.6-flash', 'xxx-'],
  ['gemini-3.8-flash', 'xx--'],
  ['gemini-3.10-flash', 'xx--'],
  ['gemini-4-argon', 'xx--'],
  ['gemini-flash-latest', 'xx--'],
  ['models/gemini-2.5-flash', '---x'],
  ['projects/p/locations/l/publishers/google/models/gemini-3.6-flash', 'xxx-'],
  ['projects/p/locations/l/endpoints/123', 'none'],
  ['gemma-4', 'none'],
])('signatures, thinking level, minimal and sampling of %s: %s', (model, expected) => {
  expect(flags(model)).toBe(expected);
});
