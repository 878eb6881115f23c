import { expect, test } from 'bun:test';
import { MODEL } from '@lornu/agents/model.ts';
import type { Cassette } from '@lornu/evaluation/cassette.ts';
import type { Replayed } from '@lornu/evaluation/replay.ts';
import { compareCosts, renderCosts } from './replay-cost.ts';

const NOW = Date.parse('2026-11-29');
const asked = (bytes: number, model = MODEL) => ({
  agent: 'a',
  request: { model, instruction: 'i', tools: 't', settings: 's', history: 'h', bytes },
});
const usage = { candidatesTokenCount: 50, thoughtsTokenCount: 50 };

function cassette(...requests: ReturnType<typeof asked>[]): Cassette {
  const model = requests.map(() => ({ agent: 'a', answer: 'x', usage }));
  const accepted = { items: [], requests, wire: 'w', ms: 1 };
  const turns = [{ message: 'm', at: 0, model, tools: [], accepted }];
  return { cassette: 1, name: 'n', appName: 'lornu', state: 's', turns, blobs: { x: ['hello'] } };
}

function replayed(...requests: ReturnType<typeof asked>[]): Replayed {
  const turn = {
    items: [],
    requests: requests.map((one) => ({ ...one, blobs: {} })),
    missing: [],
    wire: 'w',
    ms: 1,
  };
  return {
    name: 'n',
    appName: 'lornu',
    verdict: 'same',
    changes: [],
    before: [],
    now: [],
    missing: [],
    played: [turn],
  };
}

test('nothing changed: the figures stand without a percentage', () => {
  const [change] = compareCosts([cassette(asked(4_000))], [replayed(asked(4_000))], NOW);
  expect(change).toMatchObject({ conversations: 1, before: { calls: 1, input: 1_000, output: 100 } });
  // 1,000 × 0.75 + 100 × 3.75 millionths of a dollar, a thousand times.
  expect(renderCosts([change!])).toContain('| lornu | 1 | 0 | 1 | 1,000 | 100 | 1.125 USD |');
});

test('twice the prompt, a call more, and another model are told in tokens and money', () => {
  const more = compareCosts([cassette(asked(4_000))], [replayed(asked(8_000), asked(8_000))], NOW);
  expect(renderCosts(more)).toContain(
    '| lornu | 1 | 0 | 2 (+100.0 %) | 4,000 (+300.0 %) | 200 (+100.0 %) | 3.750 USD (+233.3 %) |',
  );
  const cheaper = compareCosts(
    [cassette(asked(4_000))],
    [replayed(asked(4_000, MODEL.replace(/[\d.]+-flash/, '3.5-flash-lite')))],
    NOW,
  );
  expect(renderCosts(cheaper)).toContain('| 1 | 1,000 | 100 | 0.550 USD (-51.1 %) |');
});

test('a model without a price has no cost, and its name is told; a new conversation is not compared', () => {
  const text = renderCosts(
    compareCosts(
      [cassette(asked(4_000)), undefined],
      [replayed(asked(4_000, 'tuned-7')), replayed(asked(9_000))],
      NOW,
    ),
  );
  expect(text).toContain('| lornu | 1 | 0 | 1 | 1,000 | 100 | no price |');
  expect(text).toContain('Without a price: tuned-7. Not compared, because new: 1.');
});
