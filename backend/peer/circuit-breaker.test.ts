import { expect, test } from 'bun:test';
import { CircuitBreaker } from './circuit-breaker.ts';

test('opens after consecutive failures, allows one trial after the pause, and closes when it succeeds', () => {
  let nowMs = 0;
  const breaker = new CircuitBreaker({ mostFailures: 2, pauseMs: 1_000, clock: () => nowMs });
  breaker.failed();
  breaker.succeeded();
  breaker.failed();
  expect(breaker.enter()).toBe(true);
  breaker.failed();
  expect(breaker.isOpen).toBe(true);
  nowMs = 999;
  expect(breaker.enter()).toBe(false);
  nowMs = 1_000;
  expect([breaker.enter(), breaker.enter()]).toEqual([true, false]);
  breaker.failed();
  nowMs = 1_999;
  expect(breaker.enter()).toBe(false);
  nowMs = 2_000;
  expect(breaker.enter()).toBe(true);
  breaker.succeeded();
  expect([breaker.isOpen, breaker.enter(), breaker.enter()]).toEqual([false, true, true]);
});

test('a trial that its caller abandons has no result: the next call is the trial', () => {
  const breaker = new CircuitBreaker({ mostFailures: 1, pauseMs: 0 });
  breaker.failed();
  expect([breaker.enter(), breaker.enter()]).toEqual([true, false]);
  breaker.left();
  expect(breaker.enter()).toBe(true);
});
