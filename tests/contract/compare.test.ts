import { describe, expect, test } from 'bun:test';
import { compare } from './compare.ts';
import { readFrames } from './exchange.ts';
import { normalise } from './normalise.ts';

const now = 1_795_422_303;
const id = (digit: number) => `0000000${digit}-0000-4000-8000-000000000000`;

describe('normalising', () => {
  test('keeps equal ids equal and different ids different', () => {
    expect(normalise([id(1), `e-${id(2)}`, id(1)], now)).toEqual(['<id 1>', 'e-<id 2>', '<id 1>']);
    expect(normalise([id(1), id(1)], now)).not.toEqual(normalise([id(1), id(2)], now));
  });

  test('takes only float seconds near the current time for a time', () => {
    expect(normalise({ timestamp: now + 0.25 }, now)).toEqual({ timestamp: '<time>' });
    expect(normalise({ timestamp: now * 1_000 }, now)).toEqual({ timestamp: now * 1_000 });
    expect(normalise({ lastUpdateTime: `${now}` }, now)).toEqual({ lastUpdateTime: `${now}` });
  });
});

describe('comparing', () => {
  test('names each place where the two differ', () => {
    const differences = compare('a title', { a: [1, { b: null }] }, { a: [1, { b: 0 }, 2] });
    expect(differences).toEqual([
      { path: '.a[1].b', reference: null, service: 0 },
      { path: '.a[2]', reference: undefined, service: 2 },
    ]);
  });

  test('allows a deliberate difference in its own case only', () => {
    const [python, ours] = [[{ body: { version: '2.13.0' } }], [{ body: { version: '2.0.0' } }]];
    expect(compare('GET /version', python, ours)).toEqual([]);
    expect(compare('GET /health', python, ours)).toHaveLength(1);
  });
});

test('comments and ids of a stream are left out; anything else that is no data line stays visible', () => {
  expect(readFrames(': ping\n\nid: 3\ndata: {"a":1}\n\n')).toEqual([{ a: 1 }]);
  expect(readFrames('event: x\ndata: {}\n\n')).toEqual([{ notAFrame: 'x' }, {}]);
  expect(readFrames('x: 1\n\n')).toEqual([{ notAFrame: 'x: 1' }]);
  expect(readFrames('data: {}')).toEqual([{ notAFrame: 'cut in the middle of an event' }]);
  expect(readFrames('data: [DONE\n\n')).toEqual([{ notJson: '[DONE' }]);
});
