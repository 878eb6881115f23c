import { expect, test } from 'bun:test';
import { MODEL } from '@lornu/agents/model.ts';
import { costOf } from './prices.ts';

const MILLION = { promptTokenCount: 1e6, totalTokenCount: 1e6 };
const NOW = Date.parse('2026-11-29');

test('fresh and cached input, answer and thinking each have their price', () => {
  const usage = {
    promptTokenCount: 100_000,
    cachedContentTokenCount: 40_000,
    candidatesTokenCount: 1_000,
    thoughtsTokenCount: 3_000,
  };
  expect(costOf('gemini-3.8-flash', usage, NOW)).toBeCloseTo(0.06 * 0.75 + 0.04 * 0.075 + 0.004 * 3.75, 12);
});

test('the price of the day counts, from midnight UTC on', () => {
  const newYear = Date.parse('2027-01-01T00:00:00Z');
  expect(costOf('gemini-3.8-flash', MILLION, newYear - 1)).toBe(0.75);
  expect(costOf('gemini-3.8-flash', MILLION, newYear)).toBe(1.5);
});

test('a long prompt costs more where the model has such a price', () => {
  expect(costOf('gemini-2.5-pro', { promptTokenCount: 200_000 }, NOW)).toBeCloseTo(0.25);
  expect(costOf('gemini-2.5-pro', { promptTokenCount: 200_001 }, NOW)).toBeCloseTo(0.5);
  expect(costOf('gemini-3.8-flash', MILLION, NOW)).toBe(0.75);
});

test.each(['models/gemini-3.8-flash', 'gemini-3.8-flash-001', 'stand-in for gemini-3.8-flash'])(
  '%s is the same model',
  (name) => expect(costOf(name, MILLION, NOW)).toBe(0.75),
);

test('a model without a price has no cost, and a longer name is another model', () => {
  for (const name of ['', 'gemini-9-flash', 'gemini-3.8-flash-live', 'toString'])
    expect(costOf(name, MILLION, NOW)).toBeUndefined();
});

test("the agents' own model has a price", () => expect(costOf(MODEL, MILLION, NOW)).toBeGreaterThan(0));
