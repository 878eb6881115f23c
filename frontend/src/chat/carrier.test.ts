import { expect, test } from 'bun:test';
import { carrierOf, withoutUnfinished } from './carrier.ts';

test('frames of one process have one carrier, those after a takeover another', () => {
  const carriers = ['r:0', 'r:999999', 'r:1000000', 'r:1000007', 's:0', undefined, 'x'].map(carrierOf);
  expect(carriers).toEqual(['r:0', 'r:0', 'r:1', 'r:1', 's:0', undefined, undefined]);
});

test('what was only begun goes, what was said stays', () => {
  const said = { id: 'a', author: 'lornu' };
  expect(withoutUnfinished([said, { id: 'b', author: 'lornu', partial: true }])).toEqual([said]);
});
