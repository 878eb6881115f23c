import { expect, test } from 'bun:test';
import { Problem } from '../api/problem.ts';
import type { AdkEvent } from '../api/types.ts';
import { announce } from './announce.ts';

const say = (...events: AdkEvent[]): string => announce({ phase: 'idle', events, problem: undefined }).words;
const said: AdkEvent = { id: '1', author: 'user', content: { parts: [{ text: 'hi' }] } };
const answer: AdkEvent = { id: '2', author: 'lornu', content: { parts: [{ text: 'hello' }] } };

test('only a complete answer is announced as complete', () => {
  expect(say(said, answer)).toBe('The answer is complete.');
  expect(say(said, { id: '2', author: 'lornu', errorCode: 'UNAVAILABLE' })).toBe(
    'The answer failed. The model cannot be reached right now.',
  );
  const byOperator = { errorCode: 'STOPPED_BY_OPERATOR', errorMessage: 'We move the store.' };
  expect(say(said, { id: '2', author: 'lornu', ...byOperator })).toBe(
    'The answer failed. We move the store.',
  );
  expect(say(said, { ...answer, interrupted: true })).toBe('The answer was stopped before its end.');
  expect(say(said)).toBe('');
  expect(say()).toBe('');
  const problem = new Problem(503, 'No.', 'Try again.');
  expect(announce({ phase: 'idle', events: [said, answer], problem }).words).toBe('');
});

test('a message without an answer is announced once the service has no turn for it', () => {
  const stored = { ...said, invocationId: 'i' };
  const heard = (hasRun: boolean | undefined, ...events: AdkEvent[]) =>
    announce({ phase: 'idle', events, problem: undefined, hasRun });
  expect(heard(false, stored)).toEqual({ words: 'This message has no answer.', isUrgent: true });
  // A run may still answer it; it is not known whether one does; the service never had the message.
  for (const none of [heard(true, stored), heard(undefined, stored), heard(false, said)])
    expect(none.words).toBe('');
  expect(heard(false, stored, answer).words).toBe('The answer is complete.');
});

test('a question is announced as one', () => {
  const parts = [{ functionCall: { name: 'adk_request_confirmation', id: 'c' } }];
  expect(say(said, { id: '2', author: 'lornu', content: { parts } })).toBe(
    'The agent asks you to approve something.',
  );
});

test('only what needs the person interrupts other announcements', () => {
  const urgent = (...events: AdkEvent[]): boolean =>
    announce({ phase: 'idle', events, problem: undefined }).isUrgent;
  expect(urgent(said, answer)).toBe(false);
  expect(urgent(said, { ...answer, interrupted: true })).toBe(true);
  expect(announce({ phase: 'lost', events: [said], problem: undefined }).isUrgent).toBe(true);
  expect(announce({ phase: 'waiting', events: [said], problem: undefined }).isUrgent).toBe(false);
});
