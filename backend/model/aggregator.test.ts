import { FinishReason, type Part } from '@google/genai';
import { expect, test } from 'bun:test';
import { StreamAggregator } from './aggregator.ts';

/** The parts of the complete answer for these streamed chunks. */
function wholeOf(...pieces: Part[][]): Part[] | undefined {
  const aggregator = new StreamAggregator();
  for (const parts of pieces) aggregator.add({ candidates: [{ content: { role: 'model', parts } }] });
  return aggregator.close()?.content?.parts;
}

test('text of one kind is joined, thoughts stay apart, a signature stays with its text', () => {
  expect(
    wholeOf(
      [{ text: 'hm ', thought: true }],
      [{ text: 'so ', thought: true, thoughtSignature: 'c2ln' }],
      [{ text: 'Yes' }],
      [{ text: '!' }],
    ),
  ).toEqual([{ text: 'hm so ', thought: true, thoughtSignature: 'c2ln' }, { text: 'Yes!' }]);
});

test('arguments that are streamed in pieces make one call, with the id of its first piece', () => {
  const parts = wholeOf(
    [{ text: 'Looking. ' }],
    [
      {
        functionCall: {
          name: 'f',
          partialArgs: [{ jsonPath: '$.city', stringValue: 'Os' }],
          willContinue: true,
        },
      },
    ],
    [
      {
        functionCall: {
          partialArgs: [
            { jsonPath: '$.city', stringValue: 'lo' },
            { jsonPath: '$.days[1].n', numberValue: 2 },
            { jsonPath: "$['a.b']", boolValue: true },
          ],
          willContinue: true,
        },
      },
    ],
    [{ functionCall: { partialArgs: [{ jsonPath: '$.__proto__.polluted', stringValue: 'x' }] } }],
  );
  expect(parts).toEqual([
    { text: 'Looking. ' },
    {
      functionCall: {
        id: expect.stringMatching(/^adk-/),
        name: 'f',
        args: { city: 'Oslo', days: [undefined, { n: 2 }], 'a.b': true },
      },
    },
  ]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('usage and finish reason are the last ones received; any reason but STOP is an error code', () => {
  const aggregator = new StreamAggregator();
  const content = { role: 'model', parts: [{ text: 'part ' }] };
  aggregator.add({ candidates: [{ content }], usageMetadata: { totalTokenCount: 5 } });
  aggregator.add({ candidates: [{ finishReason: FinishReason.SAFETY, finishMessage: 'blocked' }] });
  expect(aggregator.close()).toMatchObject({
    content: { role: 'model', parts: [{ text: 'part ' }] },
    usageMetadata: { totalTokenCount: 5 },
    finishReason: 'SAFETY',
    errorCode: 'SAFETY',
    errorMessage: 'blocked',
    partial: false,
  });
});

test('an empty stream has no answer', () => {
  expect(new StreamAggregator().close()).toBeUndefined();
});

test('a signature keeps its place: on the first of several calls, on a streamed call, or alone at the end', () => {
  const signed = { functionCall: { id: '1', name: 'a', args: {} }, thoughtSignature: '+/8=' };
  const second = { functionCall: { id: '2', name: 'b', args: {} } };
  expect(wholeOf([{ text: 'hm', thought: true }], [signed], [second])).toEqual([
    { text: 'hm', thought: true },
    signed,
    second,
  ]);
  expect(
    wholeOf(
      [{ functionCall: { id: '1', name: 'a', willContinue: true }, thoughtSignature: '+/8=' }],
      [{ functionCall: { partialArgs: [{ jsonPath: '$.x', numberValue: 1 }] } }],
    ),
  ).toEqual([{ functionCall: { id: '1', name: 'a', args: { x: 1 } }, thoughtSignature: '+/8=' }]);
  expect(wholeOf([{ text: 'Yes' }], [{ text: '', thoughtSignature: '+/8=' }])).toEqual([
    { text: 'Yes' },
    { text: '', thoughtSignature: '+/8=' },
  ]);
});

test.each(['MAX_TOKENS', 'SAFETY'] as FinishReason[])(
  'a call that %s cut off is left out, with its half arguments',
  (finishReason) => {
    const aggregator = new StreamAggregator();
    const half: Part = {
      functionCall: {
        name: 'f',
        partialArgs: [{ jsonPath: '$.path', stringValue: '/ho' }],
        willContinue: true,
      },
    };
    for (const parts of [[{ text: 'Looking. ' }], [half]])
      aggregator.add({ candidates: [{ content: { role: 'model', parts } }] });
    aggregator.add({ candidates: [{ finishReason }] });
    expect(aggregator.close()).toMatchObject({
      errorCode: finishReason,
      content: { role: 'model', parts: [{ text: 'Looking. ' }] },
    });
  },
);
