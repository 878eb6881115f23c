import { createEvent, createEventActions, type Event } from '@google/adk';
import { expect, test } from 'bun:test';
import { keepValues, withoutResults } from './keep-values.ts';

const resultOf = (response: unknown, stateDelta: Record<string, unknown> = {}): Event =>
  createEvent({
    content: {
      role: 'user',
      parts: [{ functionResponse: { id: 'c', name: 'look', response: response as Record<string, unknown> } }],
    },
    actions: createEventActions({ stateDelta }),
  });
const responseOf = (event: Event): unknown => event.content?.parts?.[0]?.functionResponse?.response;

const circle = (): object => {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
};

test('a result that is not an object becomes one, and so does a text', () => {
  for (const [result, kept] of [
    [new Date(0), { result: '1970-01-01T00:00:00.000Z' }],
    [new Set([1]), { result: [1] }],
    [new Error('no'), { error: 'no' }],
    [new Map([['a', 1n]]), { a: 1n }],
  ] as const) {
    const event = resultOf(result);
    keepValues(event, {});
    expect(responseOf(event)).toEqual(kept);
  }
});

test('a result that cannot be stored is reported as such, and that the tool has run', () => {
  const event = resultOf(circle());
  keepValues(event, {});
  expect(responseOf(event)).toEqual({
    error: 'look has run, but its result could not be kept because self refers to itself.',
  });
});

test('a state that cannot be stored is left out, and the rest of the result stays', () => {
  const event = resultOf({ ok: true }, { bad: circle(), good: new Set([1]), 'temp:x': circle() });
  const state = { bad: 1, good: 1 };
  keepValues(event, state);
  expect(responseOf(event)).toEqual({
    ok: true,
    warning: 'The state "bad" could not be kept because self refers to itself.',
  });
  expect(event.actions.stateDelta).toMatchObject({ good: [1] });
  expect('bad' in event.actions.stateDelta || 'bad' in state).toBe(false);
});

test("a callback's state that cannot be stored becomes the error of its event", () => {
  const event = createEvent({ actions: createEventActions({ stateDelta: { bad: circle() } }) });
  keepValues(event, {});
  expect(event).toMatchObject({
    errorCode: 'VALUE_NOT_KEPT',
    errorMessage: 'The state "bad" could not be kept because self refers to itself.',
  });
});

test("a callback's text has no lone surrogate", () => {
  const event = createEvent({ content: { role: 'model', parts: [{ text: 'a\ud800' }] } });
  keepValues(event, {});
  expect(event.content?.parts).toEqual([{ text: 'a\ufffd' }]);
});

test("the store's refusal of a result is reported in its place; any other refusal stands", () => {
  const event = resultOf({ '': 1 }, { 'user:': 1 });
  expect(withoutResults(event, 'Keys must have a name.')).toBe(true);
  expect(responseOf(event)).toEqual({
    error: 'look has run, but its result or state could not be kept: Keys must have a name.',
  });
  expect(event.actions.stateDelta).toEqual({});
  expect(withoutResults(createEvent({ content: { parts: [{ text: 'x' }] } }), 'no')).toBe(false);
});
