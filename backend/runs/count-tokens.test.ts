import { expect, test } from 'bun:test';
import { countTokens } from './count-tokens.ts';

test('whole events are counted, partial ones and plain talk of usage are not', async () => {
  const events = [
    { partial: true, usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 1, totalTokenCount: 11 } },
    {
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 2,
        totalTokenCount: 17,
      },
    },
    { content: { parts: [{ text: 'what is "usageMetadata"?' }] } },
    { usageMetadata: { promptTokenCount: 20, totalTokenCount: 20 } },
  ];
  const run = {
    async *frames() {
      for (const [index, event] of events.entries())
        yield { index, kind: 'event' as const, json: JSON.stringify(event) };
    },
  };
  expect(await countTokens(run)).toEqual({ input: 30, output: 7, total: 37 });
});
