import { expect, test } from 'bun:test';
import { toFailureWords } from './failure-words.ts';

test('a model that asks for a long pause: how long', () => {
  const message = '429 RESOURCE_EXHAUSTED. No quota is left. Try again in 60 minutes.';
  expect(toFailureWords('RESOURCE_EXHAUSTED', message)).toEqual({
    message: 'The model has too much to do right now.',
    next: 'Try again in 60 minutes.',
  });
});

test('otherwise a moment, whatever else the model says', () => {
  for (const message of [
    undefined,
    '429 RESOURCE_EXHAUSTED. Try again in 60 minutes. Or not.',
    'Try again in a while.',
  ])
    expect(toFailureWords('RESOURCE_EXHAUSTED', message).next).toBe('Wait a moment, then try again.');
});
